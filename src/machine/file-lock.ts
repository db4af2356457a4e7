/**
 * A lock between processes, as a file that exists only while it is held.
 *
 * The holder's process id, the time that process started, and its process-id namespace stand in the
 * file, so that the lock of a killed holder is taken over at once and a re-used process id is not
 * mistaken for it. Only where the holder cannot be looked up (another container, another host), age decides.
 *
 * There is no call that removes a file only while it has a certain content. So nobody removes a lock but
 * under a second one beside it, which is for that alone, and only after reading there once more what is to
 * go. The second is left behind by a process that is killed just then, and taken over in the same way.
 * ARCHITECTURE.md says why this is not flock(2).
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { link, lstat, rm, writeFile } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Random } from '../core/ports.ts'
import { readBounded } from './bounded-read.ts'
import { draftOf } from './draft.ts'
import { errnoOf } from './errno.ts'
import { isGone, ownProcess, type ProcessMark } from './process-mark.ts'
import { describeUser } from './users.ts'

export interface FileLockPorts {
  readonly clock: Clock
  readonly random: Random
  wait(ms: number, signal?: AbortSignal): Promise<void>
  readonly signal?: AbortSignal | undefined
}

export interface FileLockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly patienceMs: number
  /** Age at which a holder that cannot be looked up is taken for gone; default 30,000 ms. */
  readonly staleMs?: number
}

const DEFAULT_STALE_MS = 30_000
const POLL_MS = 25
const MAX_LOCK_BYTES = 4096

/** Released when it is disposed. */
export interface FileLock extends AsyncDisposable {
  /** Whether it is still ours: after a pause longer than `staleMs` it may be another's by now. */
  isHeld(): Promise<boolean>
}

/**
 * Takes the lock at `path`, waiting for its holder; `undefined` when patience ran out.
 *
 * @throws {RolesAnywhereError} ERR_CANCELLED; the file system's own error when no lock file can be made
 *   there at all.
 */
export async function acquireFileLock(
  path: string,
  options: FileLockOptions,
  ports: FileLockPorts,
): Promise<FileLock | undefined> {
  const judge = judgeOf(options, ports.clock)
  // Counted, and not read from a clock, since clocks are set.
  for (let waitedMs = 0; ;) {
    const other = await look(path)
    if (other === undefined) {
      const own = mark(ports.clock())
      if (await create(path, own)) return heldLock(path, own, judge, ports)
      continue
    }
    if (judge(other) && (await remove(path, other, judge, ports.clock))) continue
    if (waitedMs >= options.patienceMs) return undefined
    const pauseMs = POLL_MS * (1 + ports.random())
    await pause(pauseMs, path, ports)
    waitedMs += pauseMs
  }
}

/** Who has the lock, for a message: `user 1000 (mallory)`; undefined when nobody has. */
export async function holderOf(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined)
  return stats === undefined ? undefined : describeUser(stats.uid)
}

function heldLock(path: string, own: string, judge: Judge, ports: FileLockPorts): FileLock {
  const isHeld = async (): Promise<boolean> => (await look(path)) === own
  return {
    isHeld,
    async [Symbol.asyncDispose]() {
      while (await isHeld()) {
        if (await release(path, own, judge, ports.clock)) return
        // Somebody is about to take over what was left behind; that takes a moment.
        await ports.wait(POLL_MS)
      }
    },
  }
}

/** Whether a lock was left behind by a process that is no more. */
type Judge = (content: string) => boolean

function judgeOf({ staleMs = DEFAULT_STALE_MS }: FileLockOptions, clock: Clock): Judge {
  return (content) => {
    const holder = parseHolder(content)
    // A power cut can leave a file without its content.
    if (holder === undefined) return content !== UNREADABLE
    return isGone(holder) ?? Math.abs(clock() - holder.at) > staleMs
  }
}

/**
 * Removes the lock if `content` is still what it holds. False when somebody else is removing it, or was.
 *
 * Nobody else can remove it meanwhile, so what was read is what is removed.
 */
async function remove(path: string, content: string, judge: Judge, clock: Clock): Promise<boolean> {
  const guard = `${path}.removal`
  const own = mark(clock())
  if (!(await create(guard, own))) {
    const other = await look(guard)
    if (other !== undefined && judge(other)) await remove(guard, other, judge, clock)
    return false
  }
  try {
    if ((await look(path)) === content) await rm(path, { force: true })
    return true
  } finally {
    if ((await look(guard)) === own) await rm(guard, { force: true })
  }
}

/**
 * Removes our own lock, as `remove` does. The lock itself is linked as the second one, since a disk that
 * has become full meanwhile has no room for another file: whoever holds one lock must be able to let go.
 */
async function release(path: string, own: string, judge: Judge, clock: Clock): Promise<boolean> {
  const guard = `${path}.removal`
  try {
    await link(path, guard)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    if (errnoOf(error) === 'EEXIST') return await remove(path, own, judge, clock)
    // Not even that: then nobody else can make one either.
    await rm(path, { force: true })
    return true
  }
  // Another's, if he took it over since it was looked at: then his goes on, and only our link goes.
  const linked = await look(guard)
  if (linked === own) await rm(path, { force: true })
  if ((await look(guard)) === linked) await rm(guard, { force: true })
  return true
}

/** A link appears with its content, so nobody ever reads a lock that is still empty. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = draftOf(path)
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** What stands in the lock; `UNREADABLE` for what is not ours to judge; undefined when it is not there. */
async function look(path: string): Promise<string | undefined> {
  try {
    const { bytes, stats } = await readBounded(path, {
      maxBytes: MAX_LOCK_BYTES,
      mayBeLink: false,
      fail: (problem) =>
        problem.kind === 'unreadable' && errnoOf(problem.cause) === 'ENOENT'
          ? new Absent()
          : new Error(problem.kind),
    })
    // In a folder of everybody, another user's file could say anything.
    const isOurs = process.geteuid === undefined || Number(stats.uid) === process.geteuid()
    return isOurs ? bytes.toString('utf8') : UNREADABLE
  } catch (error) {
    return error instanceof Absent ? undefined : UNREADABLE
  }
}

class Absent extends Error {}

/** Another user's lock, or something that is no file: it is waited for, and never removed. */
const UNREADABLE = 'unreadable'

interface Holder extends ProcessMark {
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The nonce tells two holders of one process apart, and one lock from every other. */
function mark(at: number): string {
  return JSON.stringify({ ...ownProcess(), at, nonce: randomBytes(8).toString('hex') })
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value = JSON.parse(content) as Partial<Holder> | null
    if (typeof value?.pid !== 'number' || typeof value.at !== 'number') return undefined
    const { pid, at, started, realm } = value
    return { pid, at, started: String(started), realm: String(realm) }
  } catch {
    return undefined
  }
}

async function pause(ms: number, path: string, ports: FileLockPorts): Promise<void> {
  try {
    await ports.wait(ms, ports.signal)
  } catch (cause) {
    if (ports.signal?.aborted !== true) throw cause
    throw new RolesAnywhereError('ERR_CANCELLED', `cancelled while waiting for the lock "${path}"`)
  }
}
