/**
 * The folder of the credential cache, looked at and held open: what is planted in it by others, and what
 * they put in its place, is worse than no cache.
 *
 * @see reliability.md T12
 * @module
 */

import { closeSync, constants, existsSync, fstatSync, openSync, type Stats } from 'node:fs'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting, type Wording } from '../../core/wording.ts'
import { reasonOf } from '../../machine/errno.ts'
import { makeFolder } from '../../machine/make-folder.ts'
import { walk } from '../../machine/ownership.ts'
import { describeUser } from '../../machine/users.ts'

/** Closed when it is disposed; until then its names lead nowhere else, whatever happens to its path. */
export interface CacheFolder extends Disposable {
  /** For opening what is in it, and not for people. */
  readonly path: string
}

/**
 * The folder, if there is one and only we can reach it or put another in its place.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_PERMISSIONS
 */
export function openCacheFolder(folder: string): CacheFolder | undefined {
  let fd: number
  try {
    const { path, stats, exposed } = walk(folder, process.geteuid?.())
    if (exposed !== undefined) {
      throw refused(
        `the ${exposed.what} "${exposed.path}" on the way to the cache ${exposed.problem}`,
        OWN_FOLDER,
      )
    }
    // Where it is there and no folder, making one will fail too, and say why.
    if (stats?.isDirectory() !== true) return undefined
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if (error instanceof RolesAnywhereError) throw error
    return undefined
  }
  try {
    checkIsPrivate(fstatSync(fd), folder)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  const relative = `/proc/self/fd/${fd}`
  return {
    // Without /proc the path has to do; it was found to be in nobody else's hands.
    path: existsSync(relative) ? relative : folder,
    [Symbol.dispose]() {
      closeSync(fd)
    },
  }
}

/**
 * The same, made where it is missing.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_PERMISSIONS, ERR_OUTPUT_UNWRITABLE
 */
export function makeCacheFolder(folder: string): CacheFolder {
  const found = openCacheFolder(folder)
  if (found !== undefined) return found
  let cause: unknown
  try {
    makeFolder(folder)
  } catch (error) {
    cause = error
  }
  const made = cause === undefined ? openCacheFolder(folder) : undefined
  if (made !== undefined) return made
  const reason = cause === undefined ? 'something else is there' : reasonOf(cause)
  throw new RolesAnywhereError(
    'ERR_OUTPUT_UNWRITABLE',
    `the cache folder "${folder}" cannot be made (${reason})`,
    { hint: OWN_FOLDER, cause },
  )
}

function checkIsPrivate({ uid, mode }: Stats, folder: string): void {
  const own = process.geteuid?.()
  if (own === undefined) return
  if (uid !== own) {
    throw refused(`the cache folder "${folder}" belongs to ${describeUser(uid)}`, OWN_FOLDER)
  }
  if ((mode & 0o077) === 0) return
  throw refused(
    `the cache folder "${folder}" can be reached by other users (mode ${(mode & 0o7777).toString(8)})`,
    says`run: chmod 700 "${folder}", or name another one with ${setting('cacheDir')}`,
  )
}

function refused(message: string, hint: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_FILE_PERMISSIONS', message, { hint })
}

const OWN_FOLDER = says`name a folder of your own with ${setting('cacheDir')}`
