/**
 * The token files of the container endpoint: one for each profile, in a folder that only we enter.
 *
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { ContainerToken } from '../outputs/endpoint/container-token.ts'
import type { ServedRole } from '../outputs/endpoint/served-role.ts'
import type { Invocation } from './invocation.ts'

/** By profile. */
export type ContainerTokens = ReadonlyMap<string, ContainerToken>

/** @throws {RolesAnywhereError} ERR_USAGE_CONFLICT, and those of `ContainerToken.inFile` */
export async function openContainerTokens(
  roles: readonly ServedRole[],
  { settings, system, reporter }: Invocation<'serve'>,
): Promise<ContainerTokens> {
  const folder = settings.tokenFolder ?? runtimeFolder(system.env, system.uid)
  const tokens = new Map<string, ContainerToken>()
  for (const { profile } of roles) {
    if (tokens.has(profile)) {
      throw new RolesAnywhereError('ERR_USAGE_CONFLICT', `--profile ${profile} is given twice`)
    }
    const path = join(folder, `${encodeURIComponent(profile)}.token`)
    tokens.set(profile, await ContainerToken.inFile(path, system.uid, reporter))
  }
  return tokens
}

/** In memory, where the machine has such a place: tokens need not outlive it. */
function runtimeFolder(env: Readonly<Record<string, string | undefined>>, uid: number): string {
  const { RUNTIME_DIRECTORY: ofUnit, XDG_RUNTIME_DIR: ofUser, HOME: home } = env
  if (ofUnit !== undefined && ofUnit !== '') return ofUnit.split(':')[0] ?? ofUnit
  if (ofUser !== undefined && ofUser !== '') return join(ofUser, 'rolesanywhere')
  if (uid === 0) return '/run/rolesanywhere'
  if (home !== undefined && home !== '') return join(home, '.cache', 'rolesanywhere')
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    'there is no place for the token files of container clients',
    { hint: 'name a folder with --token-folder, since neither XDG_RUNTIME_DIR nor HOME is set' },
  )
}
