/**
 * The public area of a TPM object: what kind of key it is, what it may do, and its public key.
 *
 * @see TPM 2.0 Library, Part 2, section 12.2.4 (TPMT_PUBLIC)
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import {
  ALG_AES,
  ALG_CFB,
  ALG_ECC,
  ALG_KEYEDHASH,
  ALG_NULL,
  ALG_RSA,
  ALG_SHA256,
  ALG_SYMCIPHER,
  CURVES,
  CURVE_NIST_P256,
  OBJECT_DECRYPT,
  OBJECT_FIXED_PARENT,
  OBJECT_FIXED_TPM,
  OBJECT_NO_DA,
  OBJECT_RESTRICTED,
  OBJECT_SENSITIVE_DATA_ORIGIN,
  OBJECT_SIGN,
  OBJECT_USER_WITH_AUTH,
} from './constants.ts'
import { TpmFormatError, TpmReader, sized, uint16, uint32 } from './wire.ts'

/** A signing scheme fixed into the key; undefined when the caller may choose. */
export interface FixedScheme {
  readonly scheme: number
  readonly hash: number
}

export interface PublicArea {
  readonly attributes: number
  /** Empty when no policy restricts the key's use. */
  readonly authPolicy: Uint8Array
  readonly fixedScheme: FixedScheme | undefined
  readonly publicKey: KeyObject
}

/** Why an object cannot sign CreateSession, in words for a person. */
export class NotASigningKey extends Error {
  override readonly name = 'NotASigningKey'
}

/**
 * Checks what a key may do, and that a password is all it takes.
 *
 * @throws {NotASigningKey} for policies, parents, restricted keys and keys that only decrypt.
 */
export function checkMaySign({ attributes, authPolicy }: PublicArea): void {
  if (authPolicy.length > 0) {
    throw new NotASigningKey('its use depends on a TPM policy, which is not supported')
  }
  if ((attributes & OBJECT_SIGN) === 0) {
    throw new NotASigningKey('it may only decrypt: its "sign" attribute is not set')
  }
  if ((attributes & OBJECT_RESTRICTED) !== 0) {
    throw new NotASigningKey('it is restricted to sign what the TPM itself made')
  }
}

/**
 * Reads TPMT_PUBLIC: type, nameAlg, objectAttributes, authPolicy, parameters, unique.
 *
 * @throws {NotASigningKey} for sealed data, HMAC keys, symmetric keys and unknown curves.
 * @throws {TpmFormatError}
 */
export function readPublicArea(bytes: Uint8Array): PublicArea {
  const reader = new TpmReader(bytes)
  const type = reader.uint16()
  reader.uint16() // nameAlg: the TPM checks names, we do not compute them.
  const attributes = reader.uint32()
  const authPolicy = Buffer.from(reader.sized())
  checkType(type, attributes)
  const { fixedScheme, publicKey } = type === ALG_RSA ? readRsa(reader) : readEcc(reader)
  reader.end()
  return { attributes, authPolicy, fixedScheme, publicKey }
}

/** @throws {NotASigningKey} for what is no asymmetric key. */
function checkType(type: number, attributes: number): void {
  switch (type) {
    case ALG_RSA:
    case ALG_ECC:
      return
    case ALG_KEYEDHASH:
      throw new NotASigningKey(
        (attributes & OBJECT_SIGN) === 0
          ? 'it holds sealed data, not a signing key'
          : 'it is an HMAC key, not a signing key',
      )
    case ALG_SYMCIPHER:
      throw new NotASigningKey('it is a symmetric key, not a signing key')
    default:
      throw new NotASigningKey(`it is of the unknown TPM type 0x${type.toString(16)}`)
  }
}

/** TPMS_RSA_PARMS (section 12.2.3.5) and TPM2B_PUBLIC_KEY_RSA. */
function readRsa(reader: TpmReader): Pick<PublicArea, 'fixedScheme' | 'publicKey'> {
  readSymmetric(reader)
  const fixedScheme = readScheme(reader)
  const keyBits = reader.uint16()
  const exponent = reader.uint32()
  const modulus = reader.sized()
  if (modulus.length * 8 !== keyBits) throw new TpmFormatError('an RSA modulus has another size')
  return {
    fixedScheme,
    // Zero stands for the usual exponent 2^16 + 1.
    publicKey: publicKeyFromJwk({
      kty: 'RSA',
      n: modulus.toString('base64url'),
      e: unsigned(exponent === 0 ? 65_537 : exponent).toString('base64url'),
    }),
  }
}

/** TPMS_ECC_PARMS (section 12.2.3.6) and TPMS_ECC_POINT. */
function readEcc(reader: TpmReader): Pick<PublicArea, 'fixedScheme' | 'publicKey'> {
  readSymmetric(reader)
  const fixedScheme = readScheme(reader)
  const curveId = reader.uint16()
  readScheme(reader) // kdf
  const x = reader.sized()
  const y = reader.sized()
  const curve = CURVES[curveId]
  if (curve === undefined) {
    throw new NotASigningKey(`its curve has the TPM number 0x${curveId.toString(16)}`)
  }
  const coordinate = (bytes: Buffer): string => padStart(bytes, curve.bytes).toString('base64url')
  return {
    fixedScheme,
    publicKey: publicKeyFromJwk({ kty: 'EC', crv: curve.jwk, x: coordinate(x), y: coordinate(y) }),
  }
}

/** TPMT_SYM_DEF_OBJECT: an algorithm, and key size and mode unless it is null. */
function readSymmetric(reader: TpmReader): void {
  if (reader.uint16() !== ALG_NULL) reader.bytes(4)
}

/** TPMT_*_SCHEME: a scheme, and its hash unless it is null. */
function readScheme(reader: TpmReader): FixedScheme | undefined {
  const scheme = reader.uint16()
  return scheme === ALG_NULL ? undefined : { scheme, hash: reader.uint16() }
}

function publicKeyFromJwk(jwk: Record<string, string>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new TpmFormatError('the public key in a TPM structure is not one', { cause })
  }
}

/**
 * The storage key that key files name by its hierarchy only: made again from the hierarchy's seed each
 * time, and the same each time.
 *
 * @param rsa RSA-2048 as old tools had it (`rsaParent`); otherwise P-256.
 * @see draft-bottomley-tpm2-keys, section 3.1.8 (parent)
 */
export function storageKeyTemplate(rsa: boolean): Buffer {
  const attributes =
    OBJECT_FIXED_TPM |
    OBJECT_FIXED_PARENT |
    OBJECT_SENSITIVE_DATA_ORIGIN |
    OBJECT_USER_WITH_AUTH |
    OBJECT_NO_DA |
    OBJECT_RESTRICTED |
    OBJECT_DECRYPT
  const aes128Cfb = [uint16(ALG_AES), uint16(128), uint16(ALG_CFB)]
  return Buffer.concat([
    uint16(rsa ? ALG_RSA : ALG_ECC),
    uint16(ALG_SHA256),
    uint32(attributes),
    sized(), // authPolicy
    ...aes128Cfb,
    uint16(ALG_NULL), // scheme
    ...(rsa
      ? [uint16(2048), uint32(0), sized()]
      : [uint16(CURVE_NIST_P256), uint16(ALG_NULL), sized(), sized()]),
  ])
}

/** What a new signing key can be; more than RSA-2048 few TPMs have. */
export type TpmKeyKind =
  { readonly type: 'rsa'; readonly bits: number } | { readonly type: 'ec'; readonly curve: string }

/**
 * A key that signs, and nothing else: what hash it signs is asked with each signature. It cannot leave
 * the TPM, and wrong passwords count.
 */
export function signingKeyTemplate(kind: TpmKeyKind): Buffer {
  const attributes =
    OBJECT_FIXED_TPM |
    OBJECT_FIXED_PARENT |
    OBJECT_SENSITIVE_DATA_ORIGIN |
    OBJECT_USER_WITH_AUTH |
    OBJECT_SIGN
  return Buffer.concat([
    uint16(kind.type === 'rsa' ? ALG_RSA : ALG_ECC),
    uint16(ALG_SHA256),
    uint32(attributes),
    sized(), // authPolicy
    uint16(ALG_NULL), // symmetric
    uint16(ALG_NULL), // scheme
    ...(kind.type === 'rsa'
      ? [uint16(kind.bits), uint32(0), sized()]
      : [uint16(curveNumber(kind.curve)), uint16(ALG_NULL), sized(), sized()]),
  ])
}

function curveNumber(name: string): number {
  const known = Object.entries(CURVES).find(([, { jwk }]) => jwk === name)
  if (known === undefined) throw new TypeError(`${name} is no curve of the table`)
  return Number(known[0])
}

function unsigned(value: number): Buffer {
  const bytes = uint32(value)
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0))
}

function padStart(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes])
}
