/**
 * Folders of this user for what nobody else may read: cached credentials, tokens of the endpoint.
 *
 * @see XDG Base Directory Specification
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting, type SettingName } from '../core/wording.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * `--cache-dir`, else a folder that is gone after a restart (`$XDG_RUNTIME_DIR`, mostly in memory),
 * else `$XDG_CACHE_HOME`, else `~/.cache`.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING when none of them is known.
 */
export function cacheFolder(
  { cacheDir }: { readonly cacheDir?: string | undefined },
  { env }: { readonly env: Env },
): string {
  if (cacheDir !== undefined) return cacheDir
  const { XDG_RUNTIME_DIR: runtime = '', XDG_CACHE_HOME: cache = '' } = env
  const base = runtime === '' ? cache : runtime
  return base === '' ? inHomeCache(env, 'the cache', 'cacheDir') : join(base, 'rolesanywhere')
}

/**
 * `--token-folder`, else a folder in memory, where the machine has such a place: tokens need not outlive
 * it.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING when none is known.
 */
export function tokenFolder(
  settings: { readonly tokenFolder?: string | undefined },
  { env, uid }: { readonly env: Env; readonly uid: number },
): string {
  if (settings.tokenFolder !== undefined) return settings.tokenFolder
  return (
    folderInMemory({ env, uid }) ??
    inHomeCache(env, 'the token files of container clients', 'tokenFolder')
  )
}

/** That of the unit, of the user's session, or root's; undefined where the machine has none for us. */
export function folderInMemory({
  env,
  uid,
}: {
  readonly env: Env
  readonly uid: number
}): string | undefined {
  const { RUNTIME_DIRECTORY: ofUnit = '', XDG_RUNTIME_DIR: ofUser = '' } = env
  if (ofUnit !== '') return ofUnit.split(':')[0] ?? ofUnit
  if (ofUser !== '') return join(ofUser, 'rolesanywhere')
  return uid === 0 ? '/run/rolesanywhere' : undefined
}

function inHomeCache({ HOME: home = '' }: Env, what: string, name: SettingName): string {
  if (home !== '') return join(home, '.cache', 'rolesanywhere')
  throw new RolesAnywhereError('ERR_USAGE_MISSING_SETTING', `there is no place for ${what}`, {
    hint: says`name a folder with ${setting(name)}, since neither XDG_RUNTIME_DIR nor HOME is set`,
  })
}
