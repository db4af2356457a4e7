/**
 * Who may take credentials from `serve`: those who can read a token file, and the users of a list.
 *
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import { userIdOf } from '../machine/users.ts'
import { ContainerToken } from '../outputs/endpoint/container-token.ts'
import { profileSegment, type ServedRole } from '../outputs/endpoint/served-role.ts'
import type { Invocation } from './invocation.ts'
import { tokenFolder } from './private-folders.ts'

/** By profile. */
export type ContainerTokens = ReadonlyMap<string, ContainerToken>

/**
 * One token file for each profile, in a folder that only we enter.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_CONFLICT, and those of `ContainerToken.inFile`
 */
export async function openContainerTokens(
  roles: readonly ServedRole[],
  { settings, system, reporter }: Invocation<'serve'>,
): Promise<ContainerTokens> {
  const folder = tokenFolder(settings, system)
  const tokens = new Map<string, ContainerToken>()
  for (const { profile } of roles) {
    if (tokens.has(profile)) {
      throw new RolesAnywhereError(
        'ERR_USAGE_CONFLICT',
        says`${setting('profile', profile)} is given twice`,
      )
    }
    const path = join(folder, `${profileSegment(profile)}.token`)
    tokens.set(profile, await ContainerToken.inFile(path, system.uid, reporter))
  }
  return tokens
}

/**
 * User names as numbers. Undefined for undefined: everybody.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, naming the user.
 */
export function allowedUserIds(
  users: readonly string[] | undefined,
): ReadonlySet<number> | undefined {
  if (users === undefined) return undefined
  return new Set(
    users.map((user) => {
      const uid = /^\d+$/.test(user) ? Number(user) : userIdOf(user)
      if (uid !== undefined) return uid
      throw new RolesAnywhereError(
        'ERR_USAGE_INVALID_VALUE',
        says`${setting('allowUser')}: ${quoted(user)} is not in /etc/passwd`,
        { hint: 'give the number of a user who is known elsewhere, as `id -u` prints it' },
      )
    }),
  )
}
