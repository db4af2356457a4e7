/**
 * The certificates that settings name, from a file or a folder, and those of them that a selector means.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import type { Reporter } from '../../core/ports.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'
import { subjectOf } from '../certificate/names.ts'
import { FileSnapshots, type FileSnapshot } from './snapshot.ts'
import { IdentityContents } from './identity-content.ts'
import { rememberedPassword, type PasswordOptions } from '../secret/remembered-password.ts'

export interface CertificateOptions extends PasswordOptions {
  /** A PEM, DER or PKCS#12 file, a folder of them, or a secret source. */
  readonly certificate: ContentLocation
  /** In the syntax of `--cert-selector`. */
  readonly certSelector?: string | undefined
}

/**
 * Certificates without their key.
 *
 * @throws {RolesAnywhereError} as `certificatesOf` and `selectLeaves`.
 */
export async function readCertificates(
  options: CertificateOptions,
  secrets: SecretPorts,
): Promise<readonly X509Certificate[]> {
  const { certificate } = options
  const snapshot = await new FileSnapshots({ certificate }, secrets).take()
  const contents = new IdentityContents({
    ...rememberedPassword(options, secrets),
    reporter: secrets.reporter,
  })
  const name = describeLocation(certificate)
  const certificates = await certificatesOf(snapshot, name, contents, secrets.reporter)
  return selectLeaves(certificates, options)
}

/**
 * The certificates of a snapshot, each once. What holds none is an error, but in a folder.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_*, ERR_CONFIG_PEM_INVALID and codes of the key
 *   family for PKCS#12.
 */
export async function certificatesOf(
  { certificates, isFolder }: Pick<FileSnapshot, 'certificates' | 'isFolder'>,
  name: string,
  contents: IdentityContents,
  reporter: Reporter,
): Promise<readonly X509Certificate[]> {
  const found = new Map<string, X509Certificate>()
  for (const content of certificates) {
    try {
      for (const certificate of await contents.certificatesIn(content)) {
        found.set(certificate.fingerprint256, certificate)
      }
    } catch (error) {
      if (!isFolder || !(error instanceof RolesAnywhereError)) throw error
      reporter.debug('file left out', { file: content.name, code: error.code })
    }
  }
  if (found.size > 0) return [...found.values()]
  throw new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_MISSING',
    `no file in the folder "${name}" holds a certificate`,
    { hint: 'give a folder with certificates in PEM or DER' },
  )
}

/**
 * Those that `--cert-selector` means; without one, all.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_MISSING, ERR_USAGE_INVALID_VALUE,
 *   ERR_CONFIG_FILE_*.
 */
export async function selectLeaves(
  certificates: readonly X509Certificate[],
  { certificate, certSelector }: Pick<CertificateOptions, 'certificate' | 'certSelector'>,
): Promise<readonly X509Certificate[]> {
  if (certSelector === undefined) return certificates
  const { matchesSelector, readCertificateSelector } =
    await import('../certificate/certificate-selector.ts')
  const selector = await readCertificateSelector(certSelector)
  const leaves = certificates.filter((candidate) => matchesSelector(candidate, selector))
  if (leaves.length > 0) return leaves
  const subjects = certificates.slice(0, 5).map(subjectOf)
  throw new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_MISSING',
    `no certificate in "${describeLocation(certificate)}" matches --cert-selector (it holds "${subjects.join('"; "')}")`,
    { hint: 'compare with "openssl x509 -noout -subject -issuer -serial -nameopt RFC2253"' },
  )
}
