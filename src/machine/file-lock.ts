/**
 * A lock between processes, as a file that exists only while it is held.
 *
 * The holder's process id, the time that process started, and its process-id namespace stand in the
 * file, so that the lock of a killed holder is taken over at once and a re-used process id is not
 * mistaken for it. Where the holder cannot be looked up (another container, another host), age decides.
 *
 * Node has no flock(2). What is lost against it: a takeover of the same stale lock by two waiters at
 * the same instant is very unlikely, not impossible.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { Clock, Random } from '../core/ports.ts'

export interface FileLockPorts {
  readonly clock: Clock
  readonly random: Random
  wait(ms: number, signal?: AbortSignal): Promise<void>
  readonly signal?: AbortSignal | undefined
}

export interface FileLockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly patienceMs: number
  /** A lock this old has no living holder, whatever its process id says; default 30,000 ms. */
  readonly staleMs?: number
}

const DEFAULT_STALE_MS = 30_000
const POLL_MS = 25

/** Releases the lock when disposed. */
export type FileLock = AsyncDisposable

/**
 * Takes the lock at `path`, waiting for its holder; `undefined` when patience ran out.
 *
 * @throws the file system's own error when no lock file can be made there at all.
 */
export async function acquireFileLock(
  path: string,
  options: FileLockOptions,
  ports: FileLockPorts,
): Promise<FileLock | undefined> {
  const staleMs = options.staleMs ?? DEFAULT_STALE_MS
  const giveUpAt = ports.clock() + options.patienceMs
  for (;;) {
    // The nonce tells two holders of one process apart.
    const nonce = randomBytes(8).toString('hex')
    const own = JSON.stringify({ ...self(), at: ports.clock(), nonce })
    if (await create(path, own)) return { [Symbol.asyncDispose]: () => release(path, own) }
    const other = await readFile(path, 'utf8').catch(() => undefined)
    if (other !== undefined && isStale(other, ports.clock(), staleMs)) {
      await removeStale(path, other)
      continue
    }
    if (ports.clock() >= giveUpAt) return undefined
    await ports.wait(POLL_MS * (1 + ports.random()), ports.signal)
  }
}

/** A link appears with its content, so nobody ever reads a lock that is still empty. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function release(path: string, own: string): Promise<void> {
  // After a pause longer than `staleMs` the lock may be another's by now.
  const current = await readFile(path, 'utf8').catch(() => undefined)
  if (current === own) await rm(path, { force: true })
}

/** Moves the lock aside before judging it again: of two rivals only one moves it, and a fresh one goes back. */
async function removeStale(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readFile(aside, 'utf8').catch(() => undefined)
  if (moved !== expected) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

interface Holder {
  readonly pid: number
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  readonly started: string
  /** Boot and process-id namespace: process ids mean nothing outside of it. */
  readonly realm: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

function isStale(content: string, now: number, staleMs: number): boolean {
  const holder = parseHolder(content)
  if (holder === undefined) return true
  if (Math.abs(now - holder.at) > staleMs) return true
  return holder.realm === realm() && startOf(holder.pid) !== holder.started
}

function self(): Omit<Holder, 'at'> {
  return { pid: process.pid, started: startOf(process.pid), realm: realm() }
}

function startOf(pid: number): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function realm(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  return `${boot} ${attempt(() => readlinkSync('/proc/self/ns/pid'))}`
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value = JSON.parse(content) as Partial<Holder> | null
    if (typeof value?.pid !== 'number' || typeof value.at !== 'number') return undefined
    return {
      pid: value.pid,
      at: value.at,
      started: String(value.started),
      realm: String(value.realm),
    }
  } catch {
    return undefined
  }
}
