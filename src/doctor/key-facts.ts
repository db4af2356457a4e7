/**
 * What files with secrets look like from outside: who may read them, and how a key in one is encrypted.
 *
 * @see RFC 8018 (PBES1, PBES2), RFC 1421 (`Proc-Type`)
 * @module
 */

import { AsnConvert } from '@peculiar/asn1-schema'
import { EncryptedPrivateKeyInfo } from '@peculiar/asn1-pkcs8'
import { RolesAnywhereError } from '../core/errors.ts'
import type { KeyLocation } from '../core/key-location.ts'
import { readSmallFile, type FileContent } from '../machine/read-file.ts'
import type { Secret } from '../identity/identity-options.ts'

export interface SecretFile {
  /** `private key`, `password` */
  readonly what: string
  readonly path: string
  /** Permission bits. */
  readonly mode: number
}

/** `none` for a key in clear; `unknown` for what is no PEM of a key. */
export type KeyEncryption = 'none' | 'weak' | 'strong' | 'unknown'

export interface KeyFacts {
  readonly files: readonly SecretFile[]
  /** Undefined where the key is in no file. */
  readonly encryption: KeyEncryption | undefined
}

export interface SecretPlaces {
  readonly privateKey?: KeyLocation | undefined
  readonly keyPassword?: Secret | undefined
  readonly pin?: Secret | undefined
}

export async function keyFacts(places: SecretPlaces): Promise<KeyFacts> {
  const { privateKey, keyPassword, pin } = places
  const key = privateKey?.kind === 'path' ? await fileAt(privateKey.path) : undefined
  const others = await Promise.all(
    [
      { what: 'password', secret: keyPassword },
      { what: 'PIN', secret: pin },
    ].map(async ({ what, secret }) => {
      const isFile = typeof secret === 'object' && secret.kind === 'file'
      const file = isFile ? await fileAt(secret.argument) : undefined
      return file === undefined ? [] : [secretFile(what, file)]
    }),
  )
  return {
    files: [...(key === undefined ? [] : [secretFile('private key', key)]), ...others.flat()],
    encryption: key === undefined ? undefined : encryptionOf(key.bytes.toString('latin1')),
  }
}

/** What cannot be read is told by the opening. */
async function fileAt(path: string): Promise<FileContent | undefined> {
  try {
    return await readSmallFile(path, path)
  } catch (error) {
    if (error instanceof RolesAnywhereError) return undefined
    throw error
  }
}

function secretFile(what: string, { path, stats }: FileContent): SecretFile {
  return { what, path, mode: Number(stats.mode & 0o777n) }
}

function encryptionOf(pem: string): KeyEncryption {
  const encrypted =
    /-----BEGIN ENCRYPTED PRIVATE KEY-----([^-]+)-----END ENCRYPTED PRIVATE KEY-----/u.exec(
      pem,
    )?.[1]
  if (encrypted !== undefined) {
    const { encryptionAlgorithm } = AsnConvert.parse(
      Buffer.from(encrypted, 'base64'),
      EncryptedPrivateKeyInfo,
    )
    return encryptionAlgorithm.algorithm === PBES2 ? 'strong' : 'weak'
  }
  // OpenSSL derives the key of this form by one round of MD5.
  if (/^Proc-Type: 4,ENCRYPTED/mu.test(pem)) return 'weak'
  return /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/u.test(pem) ? 'none' : 'unknown'
}

const PBES2 = '1.2.840.113549.1.5.13'
