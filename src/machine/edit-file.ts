/**
 * Changes a file that other programs and other people write too, as a whole and under a lock: reading,
 * editing and replacing lose nothing of what another writer wrote.
 *
 * @see reliability.md T12, T13, F1 to F6
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { readBounded, type BoundedContent, type ReadProblem } from './bounded-read.ts'
import { sweepDrafts } from './draft.ts'
import { acquireFileLock, holderOf, type FileLock, type FileLockPorts } from './file-lock.ts'
import { replaceFile } from './replace-file.ts'
import { findTrustedTarget, type TrustedTarget } from './trusted-target.ts'
import { unwritable } from './unwritable.ts'

/** Ten thousand profiles take about 3 MB. */
const MAX_FILE_BYTES = 16 * 1_048_576

/** Longer than a dead writer's lock can last. */
const LOCK_PATIENCE_MS = 45_000

export interface FileEdit {
  /** A link is followed; a missing file is made with mode 0600. */
  readonly path: string
  /** What names the file for its user: a variable. */
  readonly namedBy: string
  /** Whether the file is to have mode 0600, or that which it had. */
  readonly isSecret: boolean
  /**
   * The new bytes; may be called again when another program wrote the file meanwhile. The old ones again
   * leave the file alone.
   *
   * @param path - of the file itself, no link any more
   */
  readonly edit: (old: Uint8Array | undefined, path: string) => Promise<Uint8Array>
}

export interface FileEditPorts extends FileLockPorts {
  /** Of this process. */
  readonly uid: number
}

export interface EditedFile {
  /** Which others could read until now; undefined when nobody could. */
  readonly openMode: number | undefined
}

/**
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_OUTPUT_LOCKED, and what `edit`
 *   throws; then the file is as it was.
 */
export async function editFile(edit: FileEdit, ports: FileEditPorts): Promise<EditedFile> {
  const { path } = findTrustedTarget(edit.path, ports.uid, edit.namedBy)
  await using held = await lock(path, ports)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const mayBeHalf = attempt >= MAX_ATTEMPTS / 2
    const edited = await editUnderLock(path, held, { ...edit, mayBeHalf }, ports)
    if (edited !== undefined) return edited
    // A program that knows no locks is writing it, and will be done in a moment.
    await ports.wait(PAUSE_MS * (1 + ports.random()), ports.signal)
  }
  throw new RolesAnywhereError(
    'ERR_OUTPUT_LOCKED',
    `another program writes "${path}" again and again`,
    { hint: 'nothing was written; end that program' },
  )
}

/** Tries while others write the same file; some seconds in all. */
const MAX_ATTEMPTS = 200
const PAUSE_MS = 10

/** @returns undefined when another program has the file in its hands. */
async function editUnderLock(
  path: string,
  held: FileLock,
  { namedBy, isSecret, edit, mayBeHalf }: FileEdit & { readonly mayBeHalf: boolean },
  ports: FileEditPorts,
): Promise<EditedFile | undefined> {
  // Looked at again: another writer may have replaced the file meanwhile, an attacker with a link.
  const target = findTrustedTarget(path, ports.uid, namedBy)
  if (target.path !== path) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `"${path}" was just replaced by a link`)
  }
  await sweepDrafts(path, ports.clock)
  const old = await readTarget(target, namedBy)
  const now = ports.clock()
  if (old !== undefined && !mayBeHalf && isHalf(old, now)) return undefined
  const content = await edit(old?.bytes, path)
  const mode = (target.stats?.mode ?? 0o600) & 0o777
  const openMode = isSecret && (mode & 0o177) !== 0 ? mode : undefined
  const isSame = old !== undefined && Buffer.compare(old.bytes, content) === 0
  if (openMode === undefined && isSame) return { openMode }
  const isReplaced = await replaceFile(target, {
    content,
    replaces: old?.stats,
    // Only ever narrower than it was, where the file now holds secrets.
    mode: isSecret ? mode & 0o600 : mode,
    async check() {
      // After a long pause (a suspended machine) it may have been taken over where we cannot be looked up.
      if (await held.isHeld()) return
      throw new RolesAnywhereError(
        'ERR_OUTPUT_LOCKED',
        `the lock of "${path}" was lost meanwhile`,
        { hint: 'nothing was written; try again' },
      )
    },
  })
  return isReplaced ? { openMode } : undefined
}

async function lock(path: string, ports: FileEditPorts): Promise<FileLock> {
  const lockPath = `${path}.rolesanywhere.lock`
  const options = { patienceMs: LOCK_PATIENCE_MS }
  const held = await acquireFileLock(lockPath, options, ports).catch((error: unknown) => {
    throw error instanceof RolesAnywhereError ? error : unwritable(path, error)
  })
  if (held !== undefined) return held
  throw new RolesAnywhereError(
    'ERR_OUTPUT_LOCKED',
    `the lock "${lockPath}" is held by ${(await holderOf(lockPath)) ?? 'one process after the other'}, for ${LOCK_PATIENCE_MS / 1000} s by now`,
    { hint: 'end the process that has it, or remove it when there is none' },
  )
}

async function readTarget(
  { path, stats }: TrustedTarget,
  namedBy: string,
): Promise<BoundedContent | undefined> {
  if (stats === undefined) return undefined
  // What was a file a moment ago may be a FIFO or a link by now.
  const rules = { maxBytes: MAX_FILE_BYTES, mayBeLink: false, fail: failureOf(path, namedBy) }
  return await readBounded(path, rules)
}

/**
 * Whether somebody may be in the middle of writing it, as `aws configure` does: cut off, and then written
 * anew. A file that stays so is just like that.
 */
function isHalf({ bytes, stats }: BoundedContent, now: number): boolean {
  const ageMs = now - Number(stats.mtimeMs)
  return Math.abs(ageMs) < HALF_MS && bytes.at(-1) !== LINE_FEED
}

const HALF_MS = 1_000
const LINE_FEED = 0x0a

function failureOf(path: string, namedBy: string): (problem: ReadProblem) => RolesAnywhereError {
  return (problem) => {
    switch (problem.kind) {
      case 'unreadable':
        return unwritable(path, problem.cause)
      case 'not-regular':
        return new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `"${path}" is ${problem.what}`)
      case 'too-large':
        return new RolesAnywhereError(
          'ERR_OUTPUT_UNWRITABLE',
          `"${path}" is larger than ${problem.maxBytes} bytes`,
          { hint: `name another file with ${namedBy}` },
        )
    }
  }
}
