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
import { readBounded, type ReadProblem } from '../../machine/bounded-read.ts'
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
  const held = await lock(path, ports)
  try {
    await writeUnderLock(path, held, options, ports)
  } finally {
    await held[Symbol.asyncDispose]()
  }
}

async function writeUnderLock(
  path: string,
  held: FileLock,
  { profile, credentials }: WriteProfileOptions,
  ports: WriteProfilePorts,
): Promise<void> {
  // Looked at again: another writer may have replaced the file meanwhile, an attacker with a link.
  const target = findTrustedTarget(path, ports.uid)
  if (target.path !== path) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `"${path}" was just replaced by a link`)
  }
  await sweepDrafts(path, ports.clock)
  const old = await readTarget(target)
  const content = setProfileKeys(old, profile, {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    aws_session_token: credentials.sessionToken,
  })
  const mode = (target.stats?.mode ?? 0o600) & 0o777
  if ((mode & 0o177) !== 0) {
    ports.reporter.warn(
      `"${path}" had mode 0${mode.toString(8)}: others could read secrets there`,
      {
        hint: 'it has mode 0600 from now on',
      },
    )
  } else if (target.stats !== undefined && Buffer.compare(old, content) === 0) return
  await replaceFile(target, content, async () => {
    // After a long pause (a suspended machine) it may have been taken over where we cannot be looked up.
    if (await held.isHeld()) return
    throw new RolesAnywhereError('ERR_OUTPUT_LOCKED', `the lock of "${path}" was lost meanwhile`, {
      hint: 'nothing was written; try again',
    })
  })
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

async function readTarget({ path, stats }: TrustedTarget): Promise<Uint8Array> {
  if (stats === undefined) return new Uint8Array()
  // What was a file a moment ago may be a FIFO or a link by now.
  const rules = { maxBytes: MAX_FILE_BYTES, mayBeLink: false, fail: failureOf(path) }
  return (await readBounded(path, rules)).bytes
}

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
