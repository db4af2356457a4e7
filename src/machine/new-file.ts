/**
 * Makes a file that only its owner may read, and never in the place of another one.
 *
 * @module
 */

import { open, rm } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { errnoOf } from './errno.ts'
import { unwritable } from './unwritable.ts'

/**
 * Writes a new file with mode 0600 and forces it to the disk; what could not be written whole is removed.
 *
 * @throws {RolesAnywhereError} ERR_OUTPUT_EXISTS, ERR_OUTPUT_UNWRITABLE.
 */
export async function writeNewFile(path: string, content: string | Uint8Array): Promise<void> {
  // "wx" is O_EXCL, which follows no link either.
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw errnoOf(cause) === 'EEXIST' ? exists(path) : unwritable(path, cause)
  })
  try {
    await file.writeFile(content)
    await file.sync()
  } catch (cause) {
    await rm(path, { force: true })
    throw unwritable(path, cause)
  } finally {
    await file.close()
  }
}

/** What to say about a file that is there and is to stay. */
export function exists(path: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_OUTPUT_EXISTS', `${quoted(path)} is there already`, {
    hint: 'it is kept: name another file, or move that one away',
  })
}
