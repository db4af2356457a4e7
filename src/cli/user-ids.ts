/**
 * User names as numbers, from the local user database.
 *
 * @see passwd(5)
 * @module
 */

import { readFile } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'

/**
 * Undefined for undefined: everybody.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, naming the user.
 */
export async function userIds(
  users: readonly string[] | undefined,
): Promise<ReadonlySet<number> | undefined> {
  if (users === undefined) return undefined
  const rows = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':'))
  return new Set(
    users.map((user) => {
      const uid = /^\d+$/.test(user) ? user : rows.find(([name]) => name === user)?.[2]
      if (uid !== undefined) return Number(uid)
      throw new RolesAnywhereError(
        'ERR_USAGE_INVALID_VALUE',
        `--allow-user "${user}" is not in /etc/passwd`,
        { hint: 'give the number of a user who is known elsewhere, as `id -u` prints it' },
      )
    }),
  )
}
