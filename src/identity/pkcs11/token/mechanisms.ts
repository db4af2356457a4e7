/**
 * From a message to what a token is asked to sign, and from its answer to the signature on the wire: one
 * row for each type of key.
 *
 * @see protocol-facts.md 9.5; RFC 8017 section 9.2 (DigestInfo); PKCS#11 v3.1 sections 6.1 and 6.3, and
 *   v3.2 for ML-DSA
 * @module
 */

import { createHash, type KeyObject } from 'node:crypto'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../../core/algorithms.ts'
import { encodeEcdsaSignature } from '../../../core/ecdsa-signature.ts'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { SignOptions } from '../../../core/ports.ts'
import { CKK, CKM, CKP } from '../cryptoki.ts'
import type { KeyObjectInfo } from '../host-protocol.ts'

/** A mechanism, and the data that C_Sign gets with it. */
export interface MechanismInput {
  readonly mechanism: number
  readonly data: Buffer
}

/** The algorithm of a key on a token; `undefined` for a type of key that cannot sign CreateSession. */
export function algorithmOfKey(key: KeyObjectInfo): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find(({ keyType }) => {
    const row = TOKEN_KEYS[keyType]
    return row.keyType === key.keyType && row.parameterSet === key.parameterSet
  })
}

/** Whether a key on a token is of another type than this public key, as far as the token tells. */
export function isOfOtherType(key: KeyObjectInfo, publicKey: KeyObject): boolean {
  const algorithm = SIGNING_ALGORITHMS.find(
    ({ keyType }) => keyType === publicKey.asymmetricKeyType,
  )
  const row = algorithm === undefined ? undefined : TOKEN_KEYS[algorithm.keyType]
  return (
    (key.keyType !== undefined && key.keyType !== row?.keyType) ||
    (key.parameterSet !== undefined && key.parameterSet !== row?.parameterSet)
  )
}

/**
 * The ways to ask, best first; the next one is for tokens that answer CKR_MECHANISM_INVALID.
 *
 * @param hash default: the algorithm's own; an algorithm without a hash takes no other either.
 */
export function mechanismInputs(
  algorithm: SigningAlgorithm,
  message: Uint8Array,
  hash: SignOptions['hash'] = algorithm.hash ?? undefined,
): OneOrMore<MechanismInput> {
  return TOKEN_KEYS[algorithm.keyType].inputs(message, hash)
}

/**
 * The token's answer in the encoding that the algorithm names.
 *
 * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED for an answer that is no signature.
 */
export function encodeSignature(algorithm: SigningAlgorithm, answer: Buffer): Buffer {
  return algorithm.signatureEncoding === 'ecdsa-der' ? encodeEcdsaAnswer(answer) : answer
}

type HashName = NonNullable<SignOptions['hash']>
type OneOrMore<T> = readonly [T, ...T[]]

interface TokenKey {
  /** CKA_KEY_TYPE. */
  readonly keyType: number
  /** CKA_PARAMETER_SET, for types that have one. */
  readonly parameterSet?: number
  readonly inputs: (message: Uint8Array, hash?: HashName) => OneOrMore<MechanismInput>
}

const TOKEN_KEYS: Readonly<Record<SigningAlgorithm['keyType'], TokenKey>> = {
  rsa: {
    keyType: CKK.RSA,
    inputs: (message, hash = 'sha256') => [
      { mechanism: RSA_MECHANISMS[hash], data: Buffer.from(message) },
      {
        mechanism: CKM.RSA_PKCS,
        data: Buffer.concat([DIGEST_INFO_PREFIXES[hash], digest(hash, message)]),
      },
    ],
  },
  ec: {
    keyType: CKK.EC,
    // Over our own hash: CKM_ECDSA_SHA256 is missing from many tokens, SoftHSM among them.
    inputs: (message, hash = 'sha256') => [{ mechanism: CKM.ECDSA, data: digest(hash, message) }],
  },
  'ml-dsa-44': mlDsaKey(CKP.ML_DSA_44),
  'ml-dsa-65': mlDsaKey(CKP.ML_DSA_65),
  'ml-dsa-87': mlDsaKey(CKP.ML_DSA_87),
}

/** "Pure" ML-DSA over the message, as FIPS 204 has it without a context: no parameter is given. */
function mlDsaKey(parameterSet: number): TokenKey {
  return {
    keyType: CKK.ML_DSA,
    parameterSet,
    inputs: (message) => [{ mechanism: CKM.ML_DSA, data: Buffer.from(message) }],
  }
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
