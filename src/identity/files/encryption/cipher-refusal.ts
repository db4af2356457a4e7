/**
 * The refusal of an encryption that is not read here, by the name people know it by.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { REFUSED_ALGORITHMS } from './algorithms.ts'

/** @param role what the algorithm was to do: `cipher`, `key derivation`, `HMAC`, `MAC`. */
export function cipherRefusal(oid: string, role: string): RolesAnywhereError {
  const name = REFUSED_ALGORITHMS[oid] ?? `the object identifier ${oid}`
  return new RolesAnywhereError(
    'ERR_KEY_CIPHER_UNSUPPORTED',
    `the ${role} of the encrypted key or PKCS#12 file is ${name}, which is not supported`,
    {
      hint: 'export it again with AES: "openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW"',
      detail: { oid },
    },
  )
}
