/**
 * From a message to what a token is asked to sign, and from its answer to the signature on the wire: one
 * row for each type of key.
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
import type { HashName } from '../../../core/ports.ts'
import { CKK, CKM } from '../cryptoki.ts'

/** The algorithms that tokens have mechanisms for here: RSA and EC, over a hash. */
export type TokenAlgorithm = SigningAlgorithm & {
  readonly keyType: 'rsa' | 'ec'
  readonly hash: 'sha256'
}

/** A mechanism, and the data that C_Sign gets with it. */
export interface MechanismInput {
  readonly mechanism: number
  readonly data: Buffer
}

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

/** The algorithm of a key on a token, by its CKA_KEY_TYPE. */
export function tokenAlgorithmByType(keyType: number | undefined): TokenAlgorithm | undefined {
  return SIGNING_ALGORITHMS.filter(isTokenAlgorithm).find(
    (row) => TOKEN_KEYS[row.keyType].keyType === keyType,
  )
}

/** CKA_KEY_TYPE of a private key for this public key. */
export function keyTypeOf(publicKey: KeyObject): number | undefined {
  const algorithm = SIGNING_ALGORITHMS.find(
    ({ keyType }) => keyType === publicKey.asymmetricKeyType,
  )
  return algorithm !== undefined && isTokenAlgorithm(algorithm)
    ? TOKEN_KEYS[algorithm.keyType].keyType
    : undefined
}

/**
 * The ways to ask, best first; the next one is for tokens that answer CKR_MECHANISM_INVALID.
 *
 * @param hash default: the algorithm's own.
 */
export function mechanismInputs(
  algorithm: TokenAlgorithm,
  message: Uint8Array,
  hash: HashName = algorithm.hash,
): OneOrMore<MechanismInput> {
  return TOKEN_KEYS[algorithm.keyType].inputs(hash, message)
}

/**
 * The token's answer in the encoding that the algorithm names.
 *
 * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED for an answer that is no signature.
 */
export function encodeSignature(algorithm: TokenAlgorithm, answer: Buffer): Buffer {
  return TOKEN_KEYS[algorithm.keyType].encode(answer)
}

type OneOrMore<T> = readonly [T, ...T[]]

interface TokenKey {
  /** CKA_KEY_TYPE. */
  readonly keyType: number
  readonly inputs: (hash: HashName, message: Uint8Array) => OneOrMore<MechanismInput>
  readonly encode: (answer: Buffer) => Buffer
}

const TOKEN_KEYS: Readonly<Record<TokenAlgorithm['keyType'], TokenKey>> = {
  rsa: {
    keyType: CKK.RSA,
    inputs: (hash, message) => [
      { mechanism: RSA_MECHANISMS[hash], data: Buffer.from(message) },
      {
        mechanism: CKM.RSA_PKCS,
        data: Buffer.concat([DIGEST_INFO_PREFIXES[hash], digest(hash, message)]),
      },
    ],
    encode: (answer) => answer,
  },
  ec: {
    keyType: CKK.EC,
    // Over our own hash: CKM_ECDSA_SHA256 is missing from many tokens, SoftHSM among them.
    inputs: (hash, message) => [{ mechanism: CKM.ECDSA, data: digest(hash, message) }],
    encode: encodeEcdsaAnswer,
  },
}

function isTokenAlgorithm(row: SigningAlgorithm): row is TokenAlgorithm {
  return Object.hasOwn(TOKEN_KEYS, row.keyType)
}

function digest(hash: HashName, message: Uint8Array): Buffer {
  return createHash(hash).update(message).digest()
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

/** Some tokens answer in DER against the standard, and some leave out leading zeros of both halves. */
function encodeEcdsaAnswer(answer: Buffer): Buffer {
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

/** r || s on P-256, P-384 and P-521. */
const RAW_LENGTHS: readonly number[] = [64, 96, 132]

function isDerSequence(bytes: Buffer): boolean {
  const header = bytes[1] === 0x81 ? 3 : 2
  return bytes[0] === 0x30 && bytes[header - 1] === bytes.length - header
}
