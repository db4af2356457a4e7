/**
 * The signature algorithms of SigV4-X509, one row for each kind of key.
 *
 * Adding an algorithm is adding a row: the key sources, the request signer and the checks all read
 * this table.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession"
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { RolesAnywhereError } from './errors.ts'

export interface SigningAlgorithm {
  /** First word of the Authorization header and first line of the string to sign. */
  readonly token: 'AWS4-X509-RSA-SHA256' | 'AWS4-X509-ECDSA-SHA256'
  /** `asymmetricKeyType` of a Node KeyObject. */
  readonly keyType: 'rsa' | 'ec'
  /** Hash over the message; SHA-256 for every curve and modulus, whatever signed the certificate. */
  readonly hash: 'sha256'
  /** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), or DER `SEQUENCE { r, s }` (RFC 3279 section 2.2.3). */
  readonly signatureEncoding: 'pkcs1-v1_5' | 'ecdsa-der'
}

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = [
  {
    token: 'AWS4-X509-RSA-SHA256',
    keyType: 'rsa',
    hash: 'sha256',
    signatureEncoding: 'pkcs1-v1_5',
  },
  {
    token: 'AWS4-X509-ECDSA-SHA256',
    keyType: 'ec',
    hash: 'sha256',
    signatureEncoding: 'ecdsa-der',
  },
]

/** Curves that Roles Anywhere is known to take, by OpenSSL's names. */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1']

/**
 * The algorithm for a public or private key.
 *
 * @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED, naming the kind of key.
 */
export function signingAlgorithmOf(key: KeyObject): SigningAlgorithm {
  const keyType = key.asymmetricKeyType ?? 'unknown'
  const row = SIGNING_ALGORITHMS.find((algorithm) => algorithm.keyType === keyType)
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (row === undefined || (row.keyType === 'ec' && !CURVES.includes(curve ?? ''))) {
    const kind = row === undefined ? keyType : `EC curve ${curve ?? 'with explicit parameters'}`
    throw new RolesAnywhereError(
      'ERR_KEY_UNSUPPORTED',
      `a key of type ${kind} cannot sign CreateSession`,
      { hint: 'Roles Anywhere takes RSA keys and EC keys on P-256, P-384 or P-521' },
    )
  }
  return row
}
