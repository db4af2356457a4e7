/**
 * Finds the file that is really to be replaced, and refuses places where somebody else could have a
 * hand in it.
 *
 * A symbolic link is followed, because people keep their dotfiles elsewhere: the target is replaced and the
 * link stays.
 *
 * @see reliability.md T12, F3, F4
 * @module
 */

import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, type Wording } from '../core/wording.ts'
import { makeFolder } from './make-folder.ts'
import { walk } from './ownership.ts'
import { unwritable } from './unwritable.ts'
import { describeUser } from './users.ts'

export interface TrustedTarget {
  /** Where the new file goes: no link any more. */
  readonly path: string
  readonly folder: string
  /** What is there now; undefined when nothing is. */
  readonly stats: Stats | undefined
}

/**
 * @param uid - of this process
 * @param namedBy - the variable or the setting with which one names another file
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNSAFE, ERR_OUTPUT_UNWRITABLE
 */
export function findTrustedTarget(path: string, uid: number, namedBy: Wording): TrustedTarget {
  try {
    makeFolder(dirname(path))
    const { path: target, stats, isLink, exposed } = walk(path, uid)
    // Whoever may write on the way could put a link to any file of ours in place of what we mean.
    if (exposed !== undefined) {
      throw unsafe(
        `the ${exposed.what} "${exposed.path}" ${exposed.problem}`,
        'put the file in a folder that, with all above it, only you and root can change',
      )
    }
    if (stats !== undefined) checkFile(target, stats, uid, namedBy)
    else if (isLink) throw unwritable(path, danglingLink())
    return { path: target, folder: dirname(target), stats }
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unwritable(path, error)
  }
}

function checkFile(path: string, stats: Stats, uid: number, namedBy: Wording): void {
  if (!stats.isFile()) {
    throw unsafe(`"${path}" is not a regular file`, says`name a file, with ${namedBy}`)
  }
  if (stats.uid !== uid) {
    throw unsafe(
      `"${path}" belongs to ${describeUser(stats.uid)}`,
      'run as that user, or name another file',
    )
  }
  // Replacing needs no right to write to the old file, but its owner has said what he wants.
  if ((stats.mode & 0o200) === 0) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', `"${path}" is read-only`, {
      hint: `allow its owner to write: chmod u+w "${path}"`,
    })
  }
}

function danglingLink(): Error {
  return Object.assign(new Error('the link leads nowhere'), { code: 'ENOENT' })
}

function unsafe(message: string, hint: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_OUTPUT_UNSAFE', message, { hint })
}
