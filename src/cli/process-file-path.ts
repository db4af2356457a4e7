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
  { env, uid }: Pick<System, 'env' | 'uid'>,
): string {
  const name = `${profileSegment(profile)}.json`
  if (given !== 'auto') return isFolder(given) ? join(given, name) : given
  const { RUNTIME_DIRECTORY: ofUnit = '', XDG_RUNTIME_DIR: ofUser = '' } = env
  if (ofUnit !== '') return join(ofUnit.split(':')[0] ?? ofUnit, name)
  if (ofUser !== '') return join(ofUser, 'rolesanywhere', name)
  if (uid === 0) return join('/run/rolesanywhere', name)
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`there is no place in memory for ${setting('processFile', 'auto')}`,
    { hint: 'name a path, since XDG_RUNTIME_DIR is not set' },
  )
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
