/**
 * The refusal of an encryption that is not read here, by the name people know it by.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { REFUSED_ALGORITHMS } from './algorithms.ts'

/**
 * @param role what the algorithm was to do: `cipher`, `key derivation`, `HMAC`, `MAC`.
 * @param file the file's name.
 */
export function cipherRefusal(oid: string, role: string, file: string): RolesAnywhereError {
  const known = REFUSED_ALGORITHMS[oid]
  const name = known?.name ?? `the algorithm ${oid}`
  return new RolesAnywhereError(
    'ERR_KEY_CIPHER_UNSUPPORTED',
    `the ${role} of "${file}" is ${name}, which is not supported`,
    {
      hint: known?.isReadByOpenssl === true ? BY_OPENSSL : BY_ITS_WRITER,
      detail: { cipher: name, oid },
    },
  )
}

/** Into PKCS#8, or out of PKCS#12 into PEM with key and certificates. openssl asks for both passwords. */
const BY_OPENSSL =
  'encrypt it again: openssl pkcs8 -provider legacy -provider default -topk8 -v2 aes-256-cbc -in OLD -out NEW; ' +
  'a PKCS#12 file: openssl pkcs12 -provider legacy -provider default -aes256 -in OLD -out NEW'

const BY_ITS_WRITER = 'encrypt it again with the program that wrote it, with AES-256-CBC and PBKDF2'
