/**
 * OpenSSL's own encryption of PEM bodies (`Proc-Type: 4,ENCRYPTED`). Its key derivation is one round of
 * MD5: cheap to try, so there is no cost to check.
 *
 * @see RFC 1421 section 4.6; OpenSSL PEM_read_bio_PrivateKey(3), "PEM ENCRYPTION FORMAT"
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { malformedKey, passwordIncorrect, type KeySource } from './key-source.ts'
import type { PemBlock } from '../encoding/pem.ts'

/** Whether the headers of a block say that its body is encrypted. */
export function isLegacyEncrypted(block: PemBlock): boolean {
  return headerOf(block, 'Proc-Type') !== undefined
}

/**
 * Opens the key of an encrypted block.
 *
 * @throws {RolesAnywhereError} ERR_KEY_PASSWORD_REQUIRED, ERR_KEY_PASSWORD_INCORRECT,
 *   ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_MALFORMED.
 */
export async function openLegacyEncrypted(block: PemBlock, source: KeySource): Promise<KeyObject> {
  const [, cipher, iv] = DEK_INFO.exec(headerOf(block, 'DEK-Info') ?? '') ?? []
  if (headerOf(block, 'Proc-Type') !== '4,ENCRYPTED' || cipher === undefined || iv === undefined) {
    throw malformedKey(source.name, 'has headers that do not parse')
  }
  const ivBytes = IV_BYTES[cipher.toUpperCase()]
  if (ivBytes === undefined) throw cipherUnsupported(cipher, source.name)
  if (iv.length !== 2 * ivBytes) throw malformedKey(source.name, 'has headers that do not parse')
  const passphrase = await source.password()
  try {
    return createPrivateKey({ key: withOnlyItsHeaders(block, cipher, iv), passphrase })
  } catch {
    // Garbage from a wrong password may also come out as an ASN.1 error: it is the same fault.
    throw passwordIncorrect(source.name)
  }
}

/** OpenSSL wants the two headers first and nothing after them; files may carry more. */
function withOnlyItsHeaders(block: PemBlock, cipher: string, iv: string): string {
  const body = block.bytes.toString('base64').replaceAll(/.{64}/gu, '$&\n')
  return [
    `-----BEGIN ${block.label}-----`,
    'Proc-Type: 4,ENCRYPTED',
    `DEK-Info: ${cipher.toUpperCase()},${iv}`,
    '',
    body.trimEnd(),
    `-----END ${block.label}-----\n`,
  ].join('\n')
}

function headerOf(block: PemBlock, name: string): string | undefined {
  return block.headers.find((header) => header.name === name)?.value
}

function cipherUnsupported(cipher: string, name: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_CIPHER_UNSUPPORTED',
    `the private key in "${name}" is encrypted with ${cipher}, which is not supported`,
    {
      hint: 'encrypt it again: openssl pkcs8 -topk8 -in OLD -out NEW -provider legacy -provider default',
      detail: { cipher },
    },
  )
}

const DEK_INFO = /^([A-Za-z0-9-]{1,32}),([0-9A-Fa-f]{8,64})$/u

const IV_BYTES: Readonly<Record<string, number>> = {
  'AES-128-CBC': 16,
  'AES-192-CBC': 16,
  'AES-256-CBC': 16,
  'DES-EDE3-CBC': 8,
}
