/**
 * Password-based decryption (PBES2) with the cost of the key derivation read before it is spent.
 *
 * Node could open most of these files itself, but not scrypt above 32 MiB, and it answers a wrong
 * password, an unknown cipher and a broken file alike with OpenSSL's words.
 *
 * @see RFC 8018 section 6.2; RFC 7914 section 7; reliability.md T26 for the caps
 * @module
 */

import { createDecipheriv, pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { AsnParser, OctetString } from '@peculiar/asn1-schema'
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { RolesAnywhereError } from '../../core/errors.ts'
import { malformedKey } from './key-source.ts'
import {
  Pbes2Parameters,
  Pbkdf2Parameters,
  ScryptParameters,
  type AsnInteger,
} from './pkcs5-schema.ts'

/** OpenSSL writes 2,048, careful people 1,000,000; this many take some seconds. */
const MAX_ITERATIONS = 10_000_000
const MAX_SALT_BYTES = 1024
const MAX_SCRYPT_BYTES = 256 * 1024 * 1024
const MAX_SCRYPT_PARALLELIZATION = 16

/** A decryption whose parameters are known and sane; only the password is missing. */
export interface Decryption {
  /** The plain text, or `undefined` when the padding shows that the password is wrong. */
  decrypt(encrypted: Uint8Array, password: string): Promise<Buffer | undefined>
}

/**
 * Reads the parameters of PBES2 and checks what they would cost.
 *
 * @param name of the file, for messages.
 * @throws {RolesAnywhereError} ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY, ERR_KEY_MALFORMED.
 */
export function preparePbes2(algorithm: AlgorithmIdentifier, name: string): Decryption {
  const { keyDerivationFunc, encryptionScheme } = parse(algorithm, Pbes2Parameters, name)
  const cipher = CIPHERS[encryptionScheme.algorithm]
  if (cipher === undefined) throw cipherUnsupported(encryptionScheme.algorithm, name)
  const iv = Buffer.from(parse(encryptionScheme, OctetString, name).buffer)
  if (iv.length !== cipher.ivBytes) throw malformedKey(name)
  const deriveKey = prepareKeyDerivation(keyDerivationFunc, cipher.keyBytes, name)
  return {
    async decrypt(encrypted, password) {
      if (encrypted.length === 0 || encrypted.length % cipher.ivBytes !== 0)
        throw malformedKey(name)
      const key = await deriveKey(password)
      const decipher = createDecipheriv(cipher.name, key, iv)
      try {
        return Buffer.concat([decipher.update(encrypted), decipher.final()])
      } catch {
        return undefined
      } finally {
        key.fill(0)
      }
    },
  }
}

type DeriveKey = (password: string) => Promise<Buffer>

function prepareKeyDerivation(
  algorithm: AlgorithmIdentifier,
  keyBytes: number,
  name: string,
): DeriveKey {
  if (algorithm.algorithm === PBKDF2) return preparePbkdf2(algorithm, keyBytes, name)
  if (algorithm.algorithm === SCRYPT) return prepareScrypt(algorithm, keyBytes, name)
  throw cipherUnsupported(algorithm.algorithm, name)
}

function preparePbkdf2(algorithm: AlgorithmIdentifier, keyBytes: number, name: string): DeriveKey {
  const parameters = parse(algorithm, Pbkdf2Parameters, name)
  const prf = parameters.prf?.algorithm ?? HMAC_WITH_SHA1
  const hash = PRF_HASHES[prf]
  if (hash === undefined) throw cipherUnsupported(prf, name)
  checkKeyLength(parameters.keyLength, keyBytes, name)
  const salt = checkSalt(parameters.salt, name)
  const iterations = checkIterations(parameters.iterationCount, name)
  return (password) => promisify(pbkdf2)(password, salt, iterations, keyBytes, hash)
}

function prepareScrypt(algorithm: AlgorithmIdentifier, keyBytes: number, name: string): DeriveKey {
  const parameters = parse(algorithm, ScryptParameters, name)
  checkKeyLength(parameters.keyLength, keyBytes, name)
  const salt = checkSalt(parameters.salt, name)
  const N = positive(parameters.costParameter, name)
  const r = positive(parameters.blockSize, name)
  const p = positive(parameters.parallelizationParameter, name)
  const memoryBytes = 128 * N * r
  if (memoryBytes > MAX_SCRYPT_BYTES || p > MAX_SCRYPT_PARALLELIZATION) {
    throw tooCostly(name, `scrypt with N=${N}, r=${r}, p=${p}`)
  }
  if (N < 2 || !Number.isInteger(Math.log2(N))) throw malformedKey(name)
  // OpenSSL counts the blocks of all lanes and some slack as well.
  const maxmem = memoryBytes + 128 * r * (p + 2) + 1024
  return (password) =>
    promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
      scrypt,
    )(password, salt, keyBytes, { N, r, p, maxmem })
}

/** @throws {RolesAnywhereError} ERR_KEY_KDF_TOO_COSTLY, ERR_KEY_MALFORMED. */
export function checkIterations(count: AsnInteger, name: string): number {
  const iterations = positive(count, name)
  if (iterations > MAX_ITERATIONS) throw tooCostly(name, `${iterations} iterations`)
  return iterations
}

/** @throws {RolesAnywhereError} ERR_KEY_KDF_TOO_COSTLY. */
export function checkSalt(salt: OctetString, name: string): Buffer {
  if (salt.byteLength > MAX_SALT_BYTES) throw tooCostly(name, `a salt of ${salt.byteLength} bytes`)
  return Buffer.from(salt.buffer)
}

/** Only ciphers with a variable key length need the field; a wrong one is a trap (RFC 9579). */
function checkKeyLength(given: AsnInteger | undefined, keyBytes: number, name: string): void {
  if (given !== undefined && Number(given) !== keyBytes) throw malformedKey(name)
}

function positive(value: AsnInteger, name: string): number {
  const number = Number(value)
  if (!(number >= 1)) throw malformedKey(name)
  return number
}

/** Parses the parameters of an algorithm identifier. The library's own error may quote content. */
export function parse<T>(algorithm: AlgorithmIdentifier, type: new () => T, name: string): T {
  try {
    return AsnParser.parse(algorithm.parameters ?? new ArrayBuffer(0), type)
  } catch {
    throw malformedKey(name)
  }
}

/** The error that names the cipher, by its OID when it has no name here. */
export function cipherUnsupported(oid: string, name: string): RolesAnywhereError {
  const cipher = CIPHER_NAMES[oid] ?? `the algorithm ${oid}`
  return new RolesAnywhereError(
    'ERR_KEY_CIPHER_UNSUPPORTED',
    `the private key in "${name}" is encrypted with ${cipher}, which is not supported`,
    { hint: RE_ENCRYPT, detail: { cipher, oid } },
  )
}

function tooCostly(name: string, cost: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_KDF_TOO_COSTLY',
    `opening the private key in "${name}" would take ${cost}: refused`,
    { hint: RE_ENCRYPT, detail: { cost } },
  )
}

/** What to do about a key that is encrypted in a way nobody should use. */
const RE_ENCRYPT =
  'encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW (for old ciphers add -provider legacy -provider default)'

const PBKDF2 = '1.2.840.113549.1.5.12'
const SCRYPT = '1.3.6.1.4.1.11591.4.11'
const HMAC_WITH_SHA1 = '1.2.840.113549.2.7'

const PRF_HASHES: Readonly<Record<string, string>> = {
  [HMAC_WITH_SHA1]: 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.2.840.113549.2.12': 'sha512-224',
  '1.2.840.113549.2.13': 'sha512-256',
}

/** All CBC: the IV is as long as a block. */
const CIPHERS: Readonly<Record<string, { name: string; keyBytes: number; ivBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
}

/** Ciphers that are met in the wild and not read here, by the names OpenSSL uses. */
const CIPHER_NAMES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.7': 'DES-CBC',
  '1.2.840.113549.3.2': 'RC2-CBC',
  '2.16.840.1.101.3.4.1.6': 'AES-128-GCM',
  '2.16.840.1.101.3.4.1.26': 'AES-192-GCM',
  '2.16.840.1.101.3.4.1.46': 'AES-256-GCM',
  '1.2.840.113549.1.5.1': 'pbeWithMD2AndDES-CBC',
  '1.2.840.113549.1.5.3': 'pbeWithMD5AndDES-CBC',
  '1.2.840.113549.1.5.4': 'pbeWithMD2AndRC2-CBC',
  '1.2.840.113549.1.5.6': 'pbeWithMD5AndRC2-CBC',
  '1.2.840.113549.1.5.10': 'pbeWithSHA1AndDES-CBC',
  '1.2.840.113549.1.5.11': 'pbeWithSHA1AndRC2-CBC',
  '1.2.840.113549.1.12.1.1': 'pbeWithSHA1And128BitRC4',
  '1.2.840.113549.1.12.1.2': 'pbeWithSHA1And40BitRC4',
  '1.2.840.113549.1.12.1.5': 'pbeWithSHA1And128BitRC2-CBC',
  '1.2.840.113549.1.12.1.6': 'pbeWithSHA1And40BitRC2-CBC',
}
