/**
 * Writes encrypted PKCS#8 with any parameters, sane or hostile. Shares with the reader only the ASN.1
 * schema; `openssl` reads what it writes (see encrypted-pkcs8.test.ts).
 *
 * @module
 */

import { createCipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { EncryptedData, EncryptedPrivateKeyInfo } from '@peculiar/asn1-pkcs8'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import {
  PbeParameters,
  Pbes2Parameters,
  Pbkdf2Parameters,
  ScryptParameters,
  type AsnInteger,
} from './pkcs5-schema.ts'

export interface Pbkdf2Options {
  readonly iterations: AsnInteger
  readonly salt?: Uint8Array
  readonly keyLength?: number
  /** OID; default HMAC with SHA-256. */
  readonly prf?: string
}

export interface ScryptOptions {
  readonly N: AsnInteger
  readonly r: AsnInteger
  readonly p: AsnInteger
  readonly salt?: Uint8Array
}

const AES_256_CBC = '2.16.840.1.101.3.4.1.42'

/** Parameters of PBKDF2 with AES-256-CBC, without spending anything. */
export function pbkdf2Scheme(options: Pbkdf2Options, iv: Uint8Array): AlgorithmIdentifier {
  const parameters = new Pbkdf2Parameters()
  parameters.salt = new OctetString(options.salt ?? Buffer.alloc(8, 1))
  parameters.iterationCount = options.iterations
  if (options.keyLength !== undefined) parameters.keyLength = options.keyLength
  parameters.prf = identifier(options.prf ?? '1.2.840.113549.2.9', null)
  return pbes2(identifier('1.2.840.113549.1.5.12', AsnConvert.serialize(parameters)), iv)
}

/** Parameters of scrypt with AES-256-CBC, without spending anything. */
export function scryptScheme(options: ScryptOptions, iv: Uint8Array): AlgorithmIdentifier {
  const parameters = new ScryptParameters()
  parameters.salt = new OctetString(options.salt ?? Buffer.alloc(8, 1))
  parameters.costParameter = options.N
  parameters.blockSize = options.r
  parameters.parallelizationParameter = options.p
  return pbes2(identifier('1.3.6.1.4.1.11591.4.11', AsnConvert.serialize(parameters)), iv)
}

/** Parameters of PKCS#12 encryption with 3DES. */
export function pbes1Scheme(iterations: AsnInteger, salt: Uint8Array): AlgorithmIdentifier {
  const parameters = new PbeParameters()
  parameters.salt = new OctetString(salt)
  parameters.iterationCount = iterations
  return identifier('1.2.840.113549.1.12.1.3', AsnConvert.serialize(parameters))
}

export function encryptedKeyInfo(scheme: AlgorithmIdentifier, encrypted: Uint8Array): Buffer {
  const info = new EncryptedPrivateKeyInfo({
    encryptionAlgorithm: scheme,
    encryptedData: new EncryptedData(encrypted),
  })
  return Buffer.from(AsnConvert.serialize(info))
}

/** HMACs by the hash inside; RFC 8018 appendix B.1.2. */
const PRFS = {
  sha1: '1.2.840.113549.2.7',
  sha256: '1.2.840.113549.2.9',
  sha384: '1.2.840.113549.2.10',
  sha512: '1.2.840.113549.2.11',
  // RSA's number for it, and that of the registry of PKIX, which openssl writes.
  md5: '1.2.840.113549.2.6',
  'md5 of PKIX': '1.3.6.1.5.5.8.1.1',
  // NIST's Computer Security Objects Register.
  'sha3-224': '2.16.840.1.101.3.4.2.13',
  'sha3-256': '2.16.840.1.101.3.4.2.14',
  'sha3-384': '2.16.840.1.101.3.4.2.15',
  'sha3-512': '2.16.840.1.101.3.4.2.16',
  sm3: '1.2.156.10197.1.401.3.1',
} as const

export type Prf = keyof typeof PRFS

/** A PKCS#8 key under PBKDF2 and AES-256-CBC, in DER. */
export function encryptWithPbkdf2(
  pkcs8: Buffer,
  password: string,
  iterations: number,
  hash: Prf = 'sha256',
): Buffer {
  const iv = randomBytes(16)
  const key = pbkdf2Sync(password, Buffer.alloc(8, 1), iterations, 32, hash.split(' ')[0] ?? '')
  const scheme = pbkdf2Scheme({ iterations, prf: PRFS[hash] }, iv)
  return encryptedKeyInfo(scheme, aes256(pkcs8, key, iv))
}

/** A PKCS#8 key under scrypt and AES-256-CBC, in DER. */
export function encryptWithScrypt(pkcs8: Buffer, password: string, N: number, r: number): Buffer {
  const iv = randomBytes(16)
  const options = { N, r, p: 1, maxmem: 256 * N * r }
  const key = scryptSync(password, Buffer.alloc(8, 1), 32, options)
  return encryptedKeyInfo(scryptScheme({ N, r, p: 1 }, iv), aes256(pkcs8, key, iv))
}

export function toPem(label: string, der: Uint8Array): string {
  const body = Buffer.from(der).toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd()
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
}

function pbes2(kdf: AlgorithmIdentifier, iv: Uint8Array): AlgorithmIdentifier {
  const parameters = new Pbes2Parameters()
  parameters.keyDerivationFunc = kdf
  parameters.encryptionScheme = identifier(AES_256_CBC, AsnConvert.serialize(new OctetString(iv)))
  return identifier('1.2.840.113549.1.5.13', AsnConvert.serialize(parameters))
}

function identifier(algorithm: string, parameters: ArrayBuffer | null): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm, parameters })
}

function aes256(plain: Buffer, key: Buffer, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([cipher.update(plain), cipher.final()])
}
