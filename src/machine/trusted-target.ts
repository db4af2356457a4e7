/**
 * Finds the file that is really to be replaced, and refuses places where somebody else could have a
 * hand in it.
 *
 * A symbolic link is followed once, by name, because people keep their dotfiles elsewhere: the target
 * is replaced and the link stays. Who may write in the folder could also swap the file, so folders
 * of other users, and folders that everybody may write to, are refused.
 *
 * @see reliability.md T12, F3, F4
 * @module
 */

import type { Stats } from 'node:fs'
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { unwritable } from './unwritable.ts'

export interface TrustedTarget {
  /** Where the new file goes: no link any more. */
  readonly path: string
  readonly folder: string
  /** What is there now; undefined when nothing is. */
  readonly stats: Stats | undefined
}

/**
 * @param uid - of this process
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNSAFE, ERR_OUTPUT_UNWRITABLE
 */
export async function findTrustedTarget(path: string, uid: number): Promise<TrustedTarget> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const folder = await realpath(dirname(path))
    // Whoever may write here could put a link to any file of ours in place of what we mean.
    checkFolder(folder, await stat(folder), uid)
    const named = join(folder, basename(path))
    const namedStats = await lstatOrNothing(named)
    const isLink = namedStats?.isSymbolicLink() === true
    if (isLink && isForeign(namedStats, uid)) {
      throw unsafe(
        `the link "${named}" belongs to user ${namedStats.uid}`,
        'put the file in a folder of your own',
      )
    }
    const target = isLink ? await realpath(named) : named
    const targetFolder = dirname(target)
    checkFolder(targetFolder, await stat(targetFolder), uid)
    const stats = await lstatOrNothing(target)
    if (stats !== undefined) checkFile(target, stats, uid)
    return { path: target, folder: targetFolder, stats }
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unwritable(path, error)
  }
}

function checkFolder(folder: string, stats: Stats, uid: number): void {
  const isOpen = (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0
  if (!isForeign(stats, uid) && !isOpen) return
  const why = isForeign(stats, uid)
    ? `belongs to user ${stats.uid}`
    : 'may be written to by everybody'
  throw unsafe(`the folder "${folder}" ${why}`, 'put the file in a folder of your own')
}

function isForeign(stats: Stats, uid: number): boolean {
  return stats.uid !== uid && stats.uid !== 0
}

function checkFile(path: string, stats: Stats, uid: number): void {
  if (!stats.isFile()) {
    throw unsafe(`"${path}" is not a regular file`, 'name a file, with AWS_SHARED_CREDENTIALS_FILE')
  }
  if (stats.uid !== uid) {
    throw unsafe(`"${path}" belongs to user ${stats.uid}`, 'run as that user, or name another file')
  }
  // Replacing needs no right to write to the old file, but its owner has said what he wants.
  if ((stats.mode & 0o200) === 0) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', `"${path}" is read-only`, {
      hint: `allow its owner to write: chmod u+w "${path}"`,
    })
  }
}

async function lstatOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function unsafe(message: string, hint: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_OUTPUT_UNSAFE', message, { hint })
}
