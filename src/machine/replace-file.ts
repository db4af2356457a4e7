/**
 * Replaces a file as a whole: whoever reads it sees the old bytes or the new ones, whatever happens.
 *
 * A new file is written beside the old one, forced to the disk, and renamed over it. Locks, and what
 * the new bytes are, are the caller's business. Extended attributes are not carried over.
 *
 * Other programs know nothing of our locks: `aws configure` cuts the file off and writes it anew. So the
 * old file keeps a second name while it is replaced. Whoever had it open shows there, and then the old
 * file goes back to its place, for that writer to finish.
 *
 * @see reliability.md T12, F1, F2
 * @module
 */

import { constants, type BigIntStats } from 'node:fs'
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import { draftOf } from './draft.ts'
import { errnoOf } from './errno.ts'
import type { TrustedTarget } from './trusted-target.ts'
import { unwritable } from './unwritable.ts'

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

export interface Replacement {
  readonly content: Uint8Array
  /** Of what was read, and is replaced only while it is still that; undefined when nothing was there. */
  readonly replaces: BigIntStats | undefined
  /** Of the new file. */
  readonly mode: number
  /** Called when the new file is whole and the old one not yet replaced; may throw. */
  readonly check: () => Promise<void>
}

/**
 * @returns false when somebody else has written the file since it was read: then nothing was replaced.
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, and what `check` throws; then the old file is
 *   untouched.
 */
export async function replaceFile(
  target: TrustedTarget,
  { content, replaces, mode, check }: Replacement,
): Promise<boolean> {
  const { path, folder } = target
  const draft = draftOf(path)
  try {
    await writeDraft(draft, content, mode)
    await check()
    const isReplaced =
      replaces === undefined ? await putFirst(draft, path) : await putOver(draft, path, replaces)
    if (!isReplaced) return false
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unwritable(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
  await syncFolder(folder)
  return true
}

async function writeDraft(draft: string, content: Uint8Array, mode: number): Promise<void> {
  await using file = await open(draft, CREATE, 0o600)
  await file.writeFile(content)
  await file.chmod(mode)
  await file.sync()
}

/** Unlike a rename, a link replaces nothing that appeared meanwhile. */
async function putFirst(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    if (!WITHOUT_LINKS.has(errnoOf(error) ?? '')) throw error
    await rename(draft, path)
  }
  return true
}

async function putOver(draft: string, path: string, replaces: BigIntStats): Promise<boolean> {
  const old = draftOf(path)
  const hasLink = await keepName(path, old)
  try {
    if (!isSame(await stat(hasLink ? old : path, { bigint: true }), replaces)) return false
    await rename(draft, path)
    if (!hasLink || isSame(await stat(old, { bigint: true }), replaces)) return true
    await rename(old, path)
    return false
  } finally {
    if (hasLink) await rm(old, { force: true }).catch(() => undefined)
  }
}

/** False on file systems that give a file one name only. */
async function keepName(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name)
    return true
  } catch (error) {
    if (!WITHOUT_LINKS.has(errnoOf(error) ?? '')) throw error
    return false
  }
}

const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs
  )
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
