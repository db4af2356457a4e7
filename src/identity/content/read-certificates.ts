/**
 * The certificates that settings name, from a file or a folder, and those of them that a selector means.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import type { Reporter } from '../../core/ports.ts'
import { says, setting } from '../../core/wording.ts'
import type { CertificateOptions } from '../identity-options.ts'
import { subjectOf } from '../certificate/names.ts'
import { FileSnapshots, type FileSnapshot } from './snapshot.ts'
import { IdentityContents, type ContentPorts } from './identity-content.ts'

/** Certificates that are on no token. */
export type FileCertificateOptions = Omit<CertificateOptions, 'certificate'> & {
  readonly certificate: ContentLocation
}

/**
 * Certificates without their key.
 *
 * @throws {RolesAnywhereError} as `certificatesOf` and `selectLeaves`.
 */
export async function readFileCertificates(
  options: FileCertificateOptions,
  ports: ContentPorts,
): Promise<readonly X509Certificate[]> {
  const { certificate } = options
  const snapshot = await new FileSnapshots({ certificate }, ports.secrets).take()
  const contents = new IdentityContents(options, ports)
  const name = describeLocation(certificate)
  const certificates = await certificatesOf(snapshot, name, contents, ports.reporter)
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
 * Those that the selector means; without one, all.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_MISSING, ERR_USAGE_INVALID_VALUE,
 *   ERR_CONFIG_FILE_*.
 */
export async function selectLeaves(
  certificates: readonly X509Certificate[],
  { certificate, certSelector }: Pick<FileCertificateOptions, 'certificate' | 'certSelector'>,
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
    says`no certificate in "${describeLocation(certificate)}" matches ${setting('certSelector')} (it holds "${subjects.join('"; "')}")`,
    { hint: 'compare with "openssl x509 -noout -subject -issuer -serial -nameopt RFC2253"' },
  )
}
