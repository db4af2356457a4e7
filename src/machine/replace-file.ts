/**
 * Replaces a file as a whole: whoever reads it sees the old bytes or the new ones, whatever happens.
 *
 * A new file is written beside the old one, forced to the disk, and renamed over it. Locks, and what
 * the new bytes are, are the caller's business. Extended attributes are not carried over.
 *
 * @see reliability.md T12, F1, F2
 * @module
 */

import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Clock } from '../core/ports.ts'
import { errnoOf } from './errno.ts'
import type { TrustedTarget } from './trusted-target.ts'
import { unwritable } from './unwritable.ts'

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE; then the old file is untouched. */
export async function replaceFile(target: TrustedTarget, content: Uint8Array): Promise<void> {
  const draft = join(target.folder, draftName(target.path))
  try {
    await writeDraft(draft, target, content)
    await rename(draft, target.path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw unwritable(target.path, error)
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

const DRAFT_AGE_MS = 60_000

/** Names the process, so that what a killed one left behind can be told from work in progress. */
function draftName(path: string): string {
  return `.${basename(path)}.${process.pid}.${randomBytes(16).toString('hex')}.tmp`
}

/** Removes drafts of this file that killed processes left behind. */
export async function sweepDrafts(target: TrustedTarget, clock: Clock): Promise<void> {
  const prefix = `.${basename(target.path)}.`
  for (const name of await readdir(target.folder).catch(() => [])) {
    const parts = name.startsWith(prefix)
      ? /^(\d+)\.[0-9a-f]{32}\.tmp$/.exec(name.slice(prefix.length))
      : null
    if (parts === null || isAlive(Number(parts[1]))) continue
    const path = join(target.folder, name)
    const stats = await stat(path).catch(() => undefined)
    // Young ones are spared: their process may live in another container.
    if (stats !== undefined && clock() - stats.mtimeMs > DRAFT_AGE_MS) {
      await rm(path, { force: true }).catch(() => undefined)
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
