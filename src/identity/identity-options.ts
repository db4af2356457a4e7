/**
 * Everything that can be said about who we are, under the names that settings and the library's options
 * have. Places are parsed already, and secrets are named, not given.
 *
 * @module
 */

import type { CertificateLocation, ContentLocation, KeyLocation } from '../core/key-location.ts'
import type { Clock, Reporter } from '../core/ports.ts'
import type { SecretSource } from '../core/secret-source.ts'
import type { SecretPorts } from './secret/secret-ports.ts'

/** Where a secret is, or what yields it. Asked for at the first need. */
export type Secret = SecretSource | (() => Promise<string>)

/** How certificates and keys in files are opened. */
export interface PasswordOptions {
  /** Of private keys, PKCS#12 files and TPM keys. Default: an encrypted one is refused. */
  readonly keyPassword?: Secret | undefined
  /** Refuse a key or password file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
}

/** How tokens are found and logged in to. */
export interface TokenOptions {
  /** Path of the module. Default: what the URI says, then what the system knows. */
  readonly pkcs11Lib?: string | undefined
  /** Default: what the URI says, then a question on the terminal. */
  readonly pin?: SecretSource | undefined
  /** Use the login's PIN for keys that ask for one with every signature. Default false. */
  readonly reusePin?: boolean | undefined
  /** Try a PIN although a wrong one would lock the token. Default false. */
  readonly allowFinalPinTry?: boolean | undefined
}

/** How a TPM is reached, and its keys are opened. */
export interface TpmOptions {
  /** A device, the path of a Unix socket, or `HOST:PORT`. Default `/dev/tpmrm0`. */
  readonly tpmDevice?: string | undefined
  /** Default: `keyPassword`. */
  readonly tpmKeyPassword?: Secret | undefined
  /** The key has no password, whatever its file says. Default false. */
  readonly noTpmKeyPassword?: boolean | undefined
}

/** What a private key needs to be used. */
export interface KeyOptions extends PasswordOptions, TokenOptions, TpmOptions {
  /** Default: the key with the certificate. */
  readonly privateKey?: KeyLocation | undefined
}

/** Certificates that are only looked at. */
export interface CertificateOptions extends PasswordOptions, TokenOptions {
  /**
   * The leaf, alone or in a bundle in any order; may hold the private key too. A PEM, DER or PKCS#12 file, a
   * folder of them, a source such as `env:NAME`, or an object on a token.
   */
  readonly certificate: CertificateLocation
  /** In the syntax of certificate-selector.ts. Default: every certificate. */
  readonly certSelector?: string | undefined
}

export interface IdentityOptions extends CertificateOptions, KeyOptions {
  /** More certificates for the chain. */
  readonly intermediates?: ContentLocation | undefined
  /** Takes the place of a private key: a shell command, see command-signer.ts. */
  readonly signerCommand?: string | undefined
  /** Of several certificates that match, the one that lasts longest. Default: refuse to choose. */
  readonly useLatestExpiringCertificate?: boolean | undefined
}

/** What opening an identity needs of the world. */
export interface IdentityPorts {
  readonly clock: Clock
  readonly reporter: Reporter
  readonly secrets: SecretPorts
  /** A line for the person at the machine: a touch is needed, a PIN was wrong. */
  readonly tell: (line: string) => void
}

/** Whether opening needs the process that holds a token's module. */
export function isOnToken({
  certificate,
  privateKey,
}: Pick<IdentityOptions, 'certificate' | 'privateKey'>): boolean {
  return certificate.kind === 'pkcs11' || privateKey?.kind === 'pkcs11'
}
