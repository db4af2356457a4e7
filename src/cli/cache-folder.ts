/**
 * Where the credential cache is.
 *
 * @see XDG Base Directory Specification
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import type { System } from './system.ts'

/**
 * `--cache-dir`, else a folder that is gone after a restart (`$XDG_RUNTIME_DIR`, mostly in memory),
 * else `$XDG_CACHE_HOME`, else `~/.cache`.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING when none of them is known.
 */
export function cacheFolder(
  { cacheDir }: { readonly cacheDir?: string | undefined },
  { env }: Pick<System, 'env'>,
): string {
  if (cacheDir !== undefined) return cacheDir
  const { XDG_RUNTIME_DIR: runtime, XDG_CACHE_HOME: cache, HOME: home } = env
  if (runtime !== undefined && runtime !== '') return join(runtime, 'rolesanywhere')
  if (cache !== undefined && cache !== '') return join(cache, 'rolesanywhere')
  if (home !== undefined && home !== '') return join(home, '.cache', 'rolesanywhere')
  throw new RolesAnywhereError('ERR_USAGE_MISSING_SETTING', 'there is no place for the cache', {
    hint: 'name a folder with --cache-dir, since neither XDG_RUNTIME_DIR nor HOME is set',
  })
}
