/**
 * Replaces a file as a whole: whoever reads it sees the old bytes or the new ones, whatever happens.
 *
 * A new file is written beside the old one, forced to the disk, and renamed over it. Locks, and what
 * the new bytes are, are the caller's business. Extended attributes are not carried over.
 *
 * @see reliability.md T12, F1, F2
 * @module
 */

import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import { draftOf } from './draft.ts'
import type { TrustedTarget } from './trusted-target.ts'
import { unwritable } from './unwritable.ts'

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * @param check called when the new file is whole and the old one not yet replaced; may throw.
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, and what `check` throws; then the old file is
 *   untouched.
 */
export async function replaceFile(
  target: TrustedTarget,
  content: Uint8Array,
  check: () => Promise<void>,
): Promise<void> {
  const draft = draftOf(target.path)
  try {
    await writeDraft(draft, target, content)
    await check()
    await rename(draft, target.path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error instanceof RolesAnywhereError ? error : unwritable(target.path, error)
  }
  await syncFolder(target.folder)
}

async function writeDraft(
  draft: string,
  { stats }: TrustedTarget,
  content: Uint8Array,
): Promise<void> {
  await using file = await open(draft, CREATE, 0o600)
  await file.writeFile(content)
  // Only ever narrower than it was: the file now holds secrets.
  await file.chmod((stats?.mode ?? 0o600) & 0o600)
  await file.sync()
}

/** The rename itself must survive a power cut. Some file systems cannot do this to folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    await handle.sync()
  } catch {
    return
  }
}
