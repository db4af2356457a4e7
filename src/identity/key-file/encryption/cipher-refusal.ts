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
  const name = REFUSED_ALGORITHMS[oid] ?? `the algorithm ${oid}`
  return new RolesAnywhereError(
    'ERR_KEY_CIPHER_UNSUPPORTED',
    `the ${role} of "${file}" is ${name}, which is not supported`,
    {
      hint: 'encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc, or openssl pkcs12 -export (to read old ciphers add -provider legacy -provider default)',
      detail: { cipher: name, oid },
    },
  )
}
