/**
 * The one way from plain options to who we are, for the command line and the library alike: which kind of
 * key the options name is decided here, and nowhere else.
 *
 * | what the options name                        | opened by                                        |
 * | -------------------------------------------- | ------------------------------------------------ |
 * | `pkcs11:` for certificate or key             | pkcs11/token/load-pkcs11-identity.ts             |
 * | a file, a folder, `env:` … and its key       | content/load-file-identity.ts                    |
 * | a file with a certificate, `handle:` its key | the same, with tpm/open-tpm-key.ts               |
 * | a file with a certificate, a command to sign | the same, with command/command-signer.ts         |
 *
 * A new kind of key is a new kind of location (core/key-location.ts) and a row here.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../core/errors.ts'
import type { KeyLocation } from '../core/key-location.ts'
import type { Identity, Signer } from '../core/ports.ts'
import { says, setting } from '../core/wording.ts'
import { loadFileIdentity, loadFileSigner } from './content/load-file-identity.ts'
import { readFileCertificates } from './content/read-certificates.ts'
import type {
  CertificateOptions,
  IdentityOptions,
  IdentityPorts,
  KeyOptions,
} from './identity-options.ts'

/**
 * Certificate, chain and key, read as one snapshot and found to be a pair.
 *
 * @throws {RolesAnywhereError} as `checkIdentityOptions`, and codes of the config and key families.
 */
export async function openIdentity(
  options: IdentityOptions,
  ports: IdentityPorts,
): Promise<Identity> {
  checkIdentityOptions(options)
  const { certificate, privateKey } = options
  if (certificate.kind !== 'pkcs11' && privateKey?.kind !== 'pkcs11') {
    return await loadFileIdentity({ ...options, certificate, privateKey }, ports)
  }
  const { loadPkcs11Identity } = await import('./pkcs11/token/load-pkcs11-identity.ts')
  return await loadPkcs11Identity(options, ports)
}

export interface OpenedSigner {
  readonly signer: Signer
  /** Undefined where a token does not tell it. */
  readonly publicKey: KeyObject | undefined
}

/**
 * A private key without a certificate.
 *
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function openSigner(
  options: KeyOptions & { readonly privateKey: KeyLocation },
  ports: IdentityPorts,
): Promise<OpenedSigner> {
  const { privateKey } = options
  if (privateKey.kind !== 'pkcs11') return await loadFileSigner({ ...options, privateKey }, ports)
  const { loadPkcs11Signer } = await import('./pkcs11/token/load-pkcs11-signer.ts')
  return await loadPkcs11Signer({ ...options, uri: privateKey.uri }, ports)
}

export interface FoundCertificate {
  readonly certificate: X509Certificate
  /** Ready to paste; of one on a token. */
  readonly uri?: string | undefined
}

/**
 * Every certificate that the options mean, in the order in which they lie there; at least one where they
 * name a file.
 *
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function readCertificates(
  options: CertificateOptions,
  ports: IdentityPorts,
): Promise<readonly FoundCertificate[]> {
  const { certificate } = options
  if (certificate.kind === 'pkcs11') {
    const { readTokenCertificates } = await import('./pkcs11/token/load-pkcs11-signer.ts')
    return await readTokenCertificates({ ...options, uri: certificate.uri }, ports)
  }
  const found = await readFileCertificates({ ...options, certificate }, ports)
  return found.map((one) => ({ certificate: one }))
}

/**
 * Refuses options that cannot be meant together, whoever gave them.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_CONFLICT.
 */
export function checkIdentityOptions(options: IdentityOptions): void {
  const { certificate, signerCommand } = options
  if (signerCommand !== undefined && certificate.kind === 'pkcs11') {
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      says`${setting('signerCommand')} takes its certificate from a file, and a pkcs11 URI is given`,
      {
        hint: says`leave out ${setting('signerCommand')}, or give ${setting('certificate')} a file`,
      },
    )
  }
  for (const [one, other] of EXCLUSIVE) {
    if (!isGiven(options[one]) || !isGiven(options[other])) continue
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      says`${setting(one)} and ${setting(other)} exclude each other`,
      { hint: 'give only one of them', detail: { settings: [one, other] } },
    )
  }
}

/** Of each pair one would be passed over in silence. */
const EXCLUSIVE = [
  ['signerCommand', 'privateKey'],
  ['signerCommand', 'keyPassword'],
  ['signerCommand', 'tpmKeyPassword'],
  ['tpmKeyPassword', 'keyPassword'],
  ['tpmKeyPassword', 'noTpmKeyPassword'],
  ['tpmKeyPassword', 'reusePin'],
  ['noTpmKeyPassword', 'reusePin'],
] as const

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false
}
