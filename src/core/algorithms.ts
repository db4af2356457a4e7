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
  readonly token: 'AWS4-X509-RSA-SHA256' | 'AWS4-X509-ECDSA-SHA256' | 'AWS4-X509-MLDSA'
  /** `asymmetricKeyType` of a Node KeyObject. */
  readonly keyType: 'rsa' | 'ec' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'
  /**
   * Hash over the message; SHA-256 for every curve and modulus, whatever signed the certificate. Null
   * for ML-DSA, which signs the message itself ("pure", with an empty context).
   */
  readonly hash: 'sha256' | null
  /**
   * RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), DER `SEQUENCE { r, s }` (RFC 3279 section 2.2.3), or the
   * bytes of FIPS 204 as they are.
   */
  readonly signatureEncoding: 'pkcs1-v1_5' | 'ecdsa-der' | 'ml-dsa'
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
  // The token names no parameter set: the certificate's key says which it is.
  ...(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const).map((keyType): SigningAlgorithm => ({
    token: 'AWS4-X509-MLDSA',
    keyType,
    hash: null,
    signatureEncoding: 'ml-dsa',
  })),
]

/** What to tell the owner of another key. */
export const ACCEPTED_KEYS =
  'Roles Anywhere takes RSA keys, EC keys on P-256, P-384 or P-521, and ML-DSA keys'

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
      { hint: ACCEPTED_KEYS },
    )
  }
  return row
}
