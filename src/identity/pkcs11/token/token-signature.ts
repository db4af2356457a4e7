/**
 * From a message to what a token is asked to sign, and from its answer to the signature on the wire.
 *
 * @see protocol-facts.md 9.5; RFC 8017 section 9.2 (DigestInfo); PKCS#11 v3.1 sections 6.1 and 6.3
 * @module
 */

import { createHash, type KeyObject } from 'node:crypto'
import {
  SIGNING_ALGORITHMS,
  signingAlgorithmOf,
  type SigningAlgorithm,
} from '../../../core/algorithms.ts'
import { encodeEcdsaSignature } from '../../../core/ecdsa-signature.ts'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { CKK, CKM } from '../cryptoki.ts'

/** The algorithms that tokens have mechanisms for here: RSA and EC, over a hash. */
export type TokenAlgorithm = SigningAlgorithm & { readonly hash: 'sha256' }

/** By CKA_KEY_TYPE. */
export const TOKEN_ALGORITHMS: ReadonlyMap<number | undefined, TokenAlgorithm> = new Map(
  SIGNING_ALGORITHMS.filter(isTokenAlgorithm).map((row) => [
    row.keyType === 'rsa' ? CKK.RSA : CKK.EC,
    row,
  ]),
)

/**
 * The algorithm for a certificate's key.
 *
 * @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED.
 */
export function tokenAlgorithm(publicKey: KeyObject): TokenAlgorithm {
  const algorithm = signingAlgorithmOf(publicKey)
  if (isTokenAlgorithm(algorithm)) return algorithm
  throw new RolesAnywhereError(
    'ERR_KEY_UNSUPPORTED',
    `keys of type ${algorithm.keyType} are not supported on tokens`,
    { hint: 'use an RSA or EC key, or a key file' },
  )
}

function isTokenAlgorithm(row: SigningAlgorithm): row is TokenAlgorithm {
  return row.keyType === 'rsa' || row.keyType === 'ec'
}

export type HashName = 'sha256' | 'sha384' | 'sha512'

/** One way to ask a token for a signature. */
export interface SigningForm {
  readonly mechanism: number
  readonly data: Buffer
}

/**
 * The ways to ask, best first; the next one is for tokens that answer CKR_MECHANISM_INVALID.
 *
 * ECDSA is asked for over our own hash: CKM_ECDSA_SHA256 is missing from many tokens, SoftHSM among them.
 */
export function signingForms(
  algorithm: SigningAlgorithm,
  hash: HashName,
  message: Uint8Array,
): readonly SigningForm[] {
  const digest = createHash(hash).update(message).digest()
  if (algorithm.keyType === 'ec') return [{ mechanism: CKM.ECDSA, data: digest }]
  return [
    { mechanism: RSA_MECHANISMS[hash], data: Buffer.from(message) },
    { mechanism: CKM.RSA_PKCS, data: Buffer.concat([DIGEST_INFO_PREFIXES[hash], digest]) },
  ]
}

/**
 * The token's answer in the encoding that the algorithm names.
 *
 * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED for an answer that is no signature.
 */
export function encodeSignature(algorithm: SigningAlgorithm, answer: Buffer): Buffer {
  if (algorithm.signatureEncoding === 'pkcs1-v1_5') return answer
  // Some tokens answer in DER against the standard, and some leave out leading zeros of both halves.
  if (!RAW_LENGTHS.includes(answer.length) && isDerSequence(answer)) return answer
  if (answer.length === 0 || answer.length % 2 !== 0) {
    throw new RolesAnywhereError(
      'ERR_KEY_SIGN_FAILED',
      `the token answered with ${answer.length} bytes, which are no ECDSA signature`,
    )
  }
  const half = answer.length / 2
  return encodeEcdsaSignature(answer.subarray(0, half), answer.subarray(half))
}

const RSA_MECHANISMS: Readonly<Record<HashName, number>> = {
  sha256: CKM.SHA256_RSA_PKCS,
  sha384: CKM.SHA384_RSA_PKCS,
  sha512: CKM.SHA512_RSA_PKCS,
}

/** Everything of `DigestInfo` before the digest itself. */
const DIGEST_INFO_PREFIXES: Readonly<Record<HashName, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
}

/** r || s on P-256, P-384 and P-521. */
const RAW_LENGTHS: readonly number[] = [64, 96, 132]

function isDerSequence(bytes: Buffer): boolean {
  const header = bytes[1] === 0x81 ? 3 : 2
  return bytes[0] === 0x30 && bytes[header - 1] === bytes.length - header
}
