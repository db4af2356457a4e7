/**
 * Where the file for `cat` is.
 *
 * @module
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'
import { profileSegment } from '../outputs/endpoint/served-role.ts'
import { folderInMemory } from './private-folders.ts'
import type { System } from './system.ts'

/**
 * Where the credentials of a profile are kept for `cat`: `--process-file`, or in the folder that it names,
 * or in memory for `auto`.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING when no place in memory is known; as
 *   `profileSegment`.
 */
export function processFilePath(
  given: string,
  profile: string,
  system: Pick<System, 'env' | 'uid'>,
): string {
  const name = `${profileSegment(profile)}.json`
  if (given !== 'auto') return isFolder(given) ? join(given, name) : given
  const folder = folderInMemory(system)
  if (folder !== undefined) return join(folder, name)
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`there is no place in memory for ${setting('processFile', 'auto')}`,
    { hint: 'name a path, since XDG_RUNTIME_DIR is not set' },
  )
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
