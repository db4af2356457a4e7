/**
 * User names as numbers, from the local user database.
 *
 * @see passwd(5)
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { userIdOf } from '../machine/users.ts'

/**
 * Undefined for undefined: everybody.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, naming the user.
 */
export function userIds(users: readonly string[] | undefined): ReadonlySet<number> | undefined {
  if (users === undefined) return undefined
  return new Set(
    users.map((user) => {
      const uid = /^\d+$/.test(user) ? Number(user) : userIdOf(user)
      if (uid !== undefined) return uid
      throw new RolesAnywhereError(
        'ERR_USAGE_INVALID_VALUE',
        `--allow-user "${user}" is not in /etc/passwd`,
        { hint: 'give the number of a user who is known elsewhere, as `id -u` prints it' },
      )
    }),
  )
}
