/**
 * Writes one set of credentials into one profile of the shared credentials file.
 *
 * Reading, editing and replacing happen under a lock, so that several writers lose nothing of each
 * other's. Only `update` writes here; reading the file is the business of `settings/`.
 *
 * @see reliability.md T12, T13, F1 to F6
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { readBounded, type BoundedContent, type ReadProblem } from '../../machine/bounded-read.ts'
import { sweepDrafts } from '../../machine/draft.ts'
import {
  acquireFileLock,
  holderOf,
  type FileLock,
  type FileLockPorts,
} from '../../machine/file-lock.ts'
import { setProfileKeys } from './edit-profile.ts'
import { checkProfileName } from './profile-name.ts'
import { replaceFile } from '../../machine/replace-file.ts'
import { findTrustedTarget, type TrustedTarget } from '../../machine/trusted-target.ts'
import { unwritable } from '../../machine/unwritable.ts'

/** Ten thousand profiles take about 3 MB. */
const MAX_FILE_BYTES = 16 * 1_048_576

/** Longer than a dead writer's lock can last. */
const LOCK_PATIENCE_MS = 45_000

export interface WriteProfileOptions {
  /** The credentials file; a link is followed, a missing one is made with mode 0600. */
  readonly path: string
  readonly profile: string
  readonly credentials: SessionCredentials
}

export interface WriteProfilePorts extends FileLockPorts {
  readonly reporter: Reporter
  /** Of this process. */
  readonly uid: number
}

/**
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_OUTPUT_LOCKED,
 *   ERR_USAGE_INVALID_VALUE
 */
export async function writeProfile(
  options: WriteProfileOptions,
  ports: WriteProfilePorts,
): Promise<void> {
  checkProfileName(options.profile)
  const { path } = findTrustedTarget(options.path, ports.uid)
  await using held = await lock(path, ports)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const mayBeHalf = attempt >= MAX_ATTEMPTS / 2
    if (await writeUnderLock(path, held, { ...options, mayBeHalf }, ports)) return
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

/** @returns false when another program has the file in its hands. */
async function writeUnderLock(
  path: string,
  held: FileLock,
  { profile, credentials, mayBeHalf }: WriteProfileOptions & { readonly mayBeHalf: boolean },
  ports: WriteProfilePorts,
): Promise<boolean> {
  // Looked at again: another writer may have replaced the file meanwhile, an attacker with a link.
  const target = findTrustedTarget(path, ports.uid)
  if (target.path !== path) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `"${path}" was just replaced by a link`)
  }
  await sweepDrafts(path, ports.clock)
  const old = await readTarget(target)
  const now = ports.clock()
  if (old !== undefined && !mayBeHalf && isHalf(old, now)) return false
  const content = setProfileKeys(old?.bytes ?? new Uint8Array(), profile, {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    aws_session_token: credentials.sessionToken,
  })
  const mode = (target.stats?.mode ?? 0o600) & 0o777
  const isOpen = (mode & 0o177) !== 0
  if (!isOpen && old !== undefined && Buffer.compare(old.bytes, content) === 0) return true
  const isReplaced = await replaceFile(target, {
    content,
    replaces: old?.stats,
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
  if (isReplaced && isOpen) {
    ports.reporter.warn(
      `"${path}" had mode 0${mode.toString(8)}: others could read secrets there`,
      { hint: 'it has mode 0600 from now on' },
    )
  }
  return isReplaced
}

async function lock(path: string, ports: WriteProfilePorts): Promise<FileLock> {
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

async function readTarget({ path, stats }: TrustedTarget): Promise<BoundedContent | undefined> {
  if (stats === undefined) return undefined
  // What was a file a moment ago may be a FIFO or a link by now.
  const rules = { maxBytes: MAX_FILE_BYTES, mayBeLink: false, fail: failureOf(path) }
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

function failureOf(path: string): (problem: ReadProblem) => RolesAnywhereError {
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
          { hint: 'name another file with AWS_SHARED_CREDENTIALS_FILE' },
        )
    }
  }
}
