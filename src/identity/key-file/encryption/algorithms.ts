/**
 * The object identifiers of password-based encryption, as tables: hashes, pseudo-random functions,
 * content ciphers, and the older schemes that join a key derivation to a cipher.
 *
 * @see RFC 8018 appendices A and B; RFC 7292 appendix C; RFC 9879
 * @module
 */

import type { Asn1Element } from '../../encoding/asn1-element.ts'
import { Asn1Error, element } from '../../encoding/asn1-element.ts'

/** An AlgorithmIdentifier: `parameters` is undefined when absent. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly parameters: Asn1Element | undefined
}

/** @throws {Asn1Error} */
export function readAlgorithmIdentifier(source: Asn1Element): AlgorithmIdentifier {
  const elements = source.sequence()
  if (elements.length > 2) throw new Asn1Error('an AlgorithmIdentifier has more than two elements')
  return { oid: element(elements, 0).oid(), parameters: elements[1] }
}

/** @throws {Asn1Error} when the parameters are absent. */
export function requireParameters(algorithm: AlgorithmIdentifier): Asn1Element {
  if (algorithm.parameters === undefined) {
    throw new Asn1Error(`algorithm ${algorithm.oid} has no parameters`)
  }
  return algorithm.parameters
}

export interface HashAlgorithm {
  /** As `node:crypto` knows it. */
  readonly name: string
  /** Block size, which the PKCS#12 key derivation pads to. */
  readonly blockBytes: number
}

/** Hashes of the MAC of RFC 7292. */
export const HASHES: Readonly<Record<string, HashAlgorithm>> = {
  '1.2.840.113549.2.5': { name: 'md5', blockBytes: 64 },
  '1.3.14.3.2.26': { name: 'sha1', blockBytes: 64 },
  '2.16.840.1.101.3.4.2.4': { name: 'sha224', blockBytes: 64 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', blockBytes: 64 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', blockBytes: 128 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', blockBytes: 128 },
  '2.16.840.1.101.3.4.2.5': { name: 'sha512-224', blockBytes: 128 },
  '2.16.840.1.101.3.4.2.6': { name: 'sha512-256', blockBytes: 128 },
  // SHA-3 absorbs what its capacity leaves of 200 bytes: FIPS 202 section 6.1.
  '2.16.840.1.101.3.4.2.7': { name: 'sha3-224', blockBytes: 144 },
  '2.16.840.1.101.3.4.2.8': { name: 'sha3-256', blockBytes: 136 },
  '2.16.840.1.101.3.4.2.9': { name: 'sha3-384', blockBytes: 104 },
  '2.16.840.1.101.3.4.2.10': { name: 'sha3-512', blockBytes: 72 },
  '1.2.156.10197.1.401': { name: 'sm3', blockBytes: 64 },
  '1.3.6.1.4.1.1722.12.2.1.16': { name: 'blake2b512', blockBytes: 128 },
}

/** HMACs, as the pseudo-random function of PBKDF2 and as the MAC of PBMAC1: the hash inside. */
export const HMACS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.6': 'md5',
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.2.840.113549.2.12': 'sha512-224',
  '1.2.840.113549.2.13': 'sha512-256',
  '1.3.6.1.5.5.8.1.1': 'md5',
  '1.3.6.1.5.5.8.1.2': 'sha1',
  '2.16.840.1.101.3.4.2.13': 'sha3-224',
  '2.16.840.1.101.3.4.2.14': 'sha3-256',
  '2.16.840.1.101.3.4.2.15': 'sha3-384',
  '2.16.840.1.101.3.4.2.16': 'sha3-512',
  '1.2.156.10197.1.401.3.1': 'sm3',
}

export const PBES2 = '1.2.840.113549.1.5.13'
export const PBKDF2 = '1.2.840.113549.1.5.12'
export const PBMAC1 = '1.2.840.113549.1.5.14'
export const SCRYPT = '1.3.6.1.4.1.11591.4.11'

/** A cipher with its key and block length and, for RC2, the effective key bits of RFC 2268. */
export interface ContentCipher {
  /** As `node:crypto` knows it, but for single DES and RC2, which it does not. */
  readonly cipher: `${'aes' | 'aria' | 'camellia'}-${128 | 192 | 256}-cbc` | OtherCipher
  readonly keyBytes: number
  readonly blockBytes: 8 | 16
  readonly effectiveKeyBits?: number
}

type OtherCipher = 'sm4-cbc' | 'des-ede3-cbc' | 'des-cbc' | 'rc2'

/** Encryption schemes of PBES2 whose only parameter is the initialisation vector. */
export const PBES2_CIPHERS: Readonly<Record<string, ContentCipher>> = {
  '2.16.840.1.101.3.4.1.2': { cipher: 'aes-128-cbc', keyBytes: 16, blockBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { cipher: 'aes-192-cbc', keyBytes: 24, blockBytes: 16 },
  '2.16.840.1.101.3.4.1.42': { cipher: 'aes-256-cbc', keyBytes: 32, blockBytes: 16 },
  '1.2.392.200011.61.1.1.1.2': { cipher: 'camellia-128-cbc', keyBytes: 16, blockBytes: 16 },
  '1.2.392.200011.61.1.1.1.3': { cipher: 'camellia-192-cbc', keyBytes: 24, blockBytes: 16 },
  '1.2.392.200011.61.1.1.1.4': { cipher: 'camellia-256-cbc', keyBytes: 32, blockBytes: 16 },
  '1.2.410.200046.1.1.2': { cipher: 'aria-128-cbc', keyBytes: 16, blockBytes: 16 },
  '1.2.410.200046.1.1.7': { cipher: 'aria-192-cbc', keyBytes: 24, blockBytes: 16 },
  '1.2.410.200046.1.1.12': { cipher: 'aria-256-cbc', keyBytes: 32, blockBytes: 16 },
  '1.2.156.10197.1.104.2': { cipher: 'sm4-cbc', keyBytes: 16, blockBytes: 16 },
  '1.2.840.113549.3.7': { cipher: 'des-ede3-cbc', keyBytes: 24, blockBytes: 8 },
  '1.3.14.3.2.7': { cipher: 'des-cbc', keyBytes: 8, blockBytes: 8 },
}

/** RC2 in PBES2 names its effective key length by a code (RFC 8018 appendix B.2.3). */
export const RC2_CBC = '1.2.840.113549.3.2'
export const RC2_VERSIONS: Readonly<Record<number, ContentCipher>> = {
  160: { cipher: 'rc2', keyBytes: 5, blockBytes: 8, effectiveKeyBits: 40 },
  120: { cipher: 'rc2', keyBytes: 8, blockBytes: 8, effectiveKeyBits: 64 },
  58: { cipher: 'rc2', keyBytes: 16, blockBytes: 8, effectiveKeyBits: 128 },
}

/** A scheme of PKCS#5 version 1.5 (key and IV from one PBKDF1) or of PKCS#12. */
export interface JoinedScheme {
  readonly derivation: 'pbkdf1' | 'pkcs12'
  readonly hash: string
  readonly content: ContentCipher
}

const DES: ContentCipher = { cipher: 'des-cbc', keyBytes: 8, blockBytes: 8 }
const RC2_64: ContentCipher = { cipher: 'rc2', keyBytes: 8, blockBytes: 8, effectiveKeyBits: 64 }

export const JOINED_SCHEMES: Readonly<Record<string, JoinedScheme>> = {
  '1.2.840.113549.1.5.3': { derivation: 'pbkdf1', hash: 'md5', content: DES },
  '1.2.840.113549.1.5.6': { derivation: 'pbkdf1', hash: 'md5', content: RC2_64 },
  '1.2.840.113549.1.5.10': { derivation: 'pbkdf1', hash: 'sha1', content: DES },
  '1.2.840.113549.1.5.11': { derivation: 'pbkdf1', hash: 'sha1', content: RC2_64 },
  '1.2.840.113549.1.12.1.3': {
    derivation: 'pkcs12',
    hash: 'sha1',
    content: { cipher: 'des-ede3-cbc', keyBytes: 24, blockBytes: 8 },
  },
  '1.2.840.113549.1.12.1.4': {
    derivation: 'pkcs12',
    hash: 'sha1',
    content: { cipher: 'des-ede3-cbc', keyBytes: 16, blockBytes: 8 },
  },
  '1.2.840.113549.1.12.1.5': {
    derivation: 'pkcs12',
    hash: 'sha1',
    content: { cipher: 'rc2', keyBytes: 16, blockBytes: 8, effectiveKeyBits: 128 },
  },
  '1.2.840.113549.1.12.1.6': {
    derivation: 'pkcs12',
    hash: 'sha1',
    content: { cipher: 'rc2', keyBytes: 5, blockBytes: 8, effectiveKeyBits: 40 },
  },
}

/** Known by name and not read. */
export interface RefusedAlgorithm {
  readonly name: string
  /** Whether `openssl` reads it, with its legacy provider. */
  readonly isReadByOpenssl: boolean
}

export const REFUSED_ALGORITHMS: Readonly<Record<string, RefusedAlgorithm>> = {
  '1.2.840.113549.1.5.1': { name: 'MD2 with DES', isReadByOpenssl: false },
  '1.2.840.113549.1.5.4': { name: 'MD2 with RC2', isReadByOpenssl: false },
  '1.2.840.113549.1.12.1.1': { name: 'SHA-1 with RC4-128', isReadByOpenssl: true },
  '1.2.840.113549.1.12.1.2': { name: 'SHA-1 with RC4-40', isReadByOpenssl: true },
  '1.2.840.113549.3.4': { name: 'RC4', isReadByOpenssl: true },
  '1.2.840.113549.3.9': { name: 'RC5-CBC', isReadByOpenssl: false },
  '1.2.840.113533.7.66.10': { name: 'CAST5-CBC', isReadByOpenssl: true },
  '1.3.6.1.4.1.3029.1.2': { name: 'BLOWFISH-CBC', isReadByOpenssl: true },
  '1.2.410.200004.1.4': { name: 'SEED-CBC', isReadByOpenssl: true },
  '2.16.840.1.101.3.4.1.6': { name: 'AES-128-GCM', isReadByOpenssl: false },
  '2.16.840.1.101.3.4.1.26': { name: 'AES-192-GCM', isReadByOpenssl: false },
  '2.16.840.1.101.3.4.1.46': { name: 'AES-256-GCM', isReadByOpenssl: false },
}
