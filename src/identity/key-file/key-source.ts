/**
 * Where a private key comes from, and the errors that every way of opening one shares. None of them
 * carries the library's own error: it may quote what was decrypted.
 *
 * @module
 */

import { ACCEPTED_KEYS } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Wording } from '../../core/wording.ts'

export interface KeySource {
  /** The path, or what the secret source is called; for messages. */
  readonly name: string
  /**
   * The password. Asked for only when a key turns out to be encrypted, then remembered.
   *
   * @throws {RolesAnywhereError} ERR_KEY_PASSWORD_REQUIRED when none was given.
   */
  password(): Promise<string>
}

export function passwordIncorrect(name: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_PASSWORD_INCORRECT',
    `the password does not open the private key in "${name}"`,
    { hint: 'check the password and where it is read from; a damaged file looks the same' },
  )
}

export function malformedKey(name: string, problem = 'does not parse'): RolesAnywhereError {
  return new RolesAnywhereError('ERR_KEY_MALFORMED', `the private key in "${name}" ${problem}`, {
    hint: 'the file may be cut off or damaged: openssl pkey -in FILE -check -noout says more',
  })
}

export function unsupportedKey(name: string, problem: string, hint?: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_KEY_UNSUPPORTED', `"${name}" ${problem}`, {
    hint: hint ?? ACCEPTED_KEYS,
  })
}
