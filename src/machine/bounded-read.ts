/**
 * One set of rules for reading what somebody else may have put there: a regular file, never more than a
 * cap, never waiting for a writer. With an asynchronous and a synchronous face.
 *
 * @see reliability.md T14, F8 (FIFOs, devices, huge files)
 * @module
 */

import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readSync,
  type BigIntStats,
} from 'node:fs'
import { promisify } from 'node:util'
import { errnoOf } from './errno.ts'

export interface BoundedContent {
  readonly bytes: Buffer
  /** Of the open file, so they belong to just these bytes. */
  readonly stats: BigIntStats
}

/** Why there are no bytes. */
export type ReadProblem =
  | { readonly kind: 'unreadable'; readonly cause: unknown }
  /** `what` says it with its article: `a device`. */
  | { readonly kind: 'not-regular'; readonly what: string }
  | { readonly kind: 'too-large'; readonly maxBytes: number }

export interface ReadRules {
  readonly maxBytes: number
  /** Whether a character device will do: `/dev/null` is how people say "none". Default false. */
  readonly mayBeDevice?: boolean
  /** Whether the last part of the path may be a symbolic link. Default true. */
  readonly mayBeLink?: boolean
  /** The problem as the error that this reader's caller is to see. */
  readonly fail: (problem: ReadProblem) => Error
}

/** @throws what `rules.fail` makes of the problem. */
export async function readBounded(path: string, rules: ReadRules): Promise<BoundedContent> {
  const fd = await promisify(open)(path, flagsOf(rules)).catch((cause: unknown) => {
    throw rules.fail(problemOfOpening(cause))
  })
  try {
    const stats = await orFail(promisify(fstat)(fd, { bigint: true }), rules)
    check(stats, rules)
    // The size may be wrong: files of /proc say 0, and others grow while they are read.
    const bytes = await orFail(readAtMost(fd, rules.maxBytes, Number(stats.size)), rules)
    if (bytes === undefined) throw rules.fail(tooLarge(rules))
    return { bytes, stats }
  } finally {
    await promisify(close)(fd)
  }
}

/** The same for a program that can do nothing else meanwhile, and starts sooner so. */
export function readBoundedSync(path: string, rules: ReadRules): BoundedContent {
  const failing = <T>(call: () => T, problemOf: (cause: unknown) => ReadProblem): T => {
    try {
      return call()
    } catch (cause) {
      throw rules.fail(problemOf(cause))
    }
  }
  const fd = failing(() => openSync(path, flagsOf(rules)), problemOfOpening)
  try {
    const stats = failing(() => fstatSync(fd, { bigint: true }), unreadable)
    check(stats, rules)
    const gathered = new Gathered(rules.maxBytes, Number(stats.size))
    while (failing(() => gathered.took(readSync(fd, gathered.room)), unreadable));
    const bytes = gathered.finish()
    if (bytes === undefined) throw rules.fail(tooLarge(rules))
    return { bytes, stats }
  } finally {
    closeSync(fd)
  }
}

/**
 * Up to `maxBytes` from a descriptor until its end; `undefined` when it holds more.
 *
 * @param expected a guess at their number, from which the memory grows.
 */
export async function readAtMost(
  fd: number,
  maxBytes: number,
  expected = 0,
): Promise<Buffer | undefined> {
  const gathered = new Gathered(maxBytes, expected)
  for (;;) {
    const { room } = gathered
    const { bytesRead } = await promisify(read)(fd, room, 0, room.length, null)
    if (!gathered.took(bytesRead)) return gathered.finish()
  }
}

/** Bytes as they come in, in memory that is wiped when it is given up: they may be a key. */
class Gathered {
  readonly #maxBytes: number
  #memory: Buffer
  #length = 0

  constructor(maxBytes: number, expected: number) {
    this.#maxBytes = maxBytes
    // One byte more than allowed tells too much from enough.
    this.#memory = Buffer.allocUnsafeSlow(Math.min(Math.max(expected, 4095), maxBytes) + 1)
  }

  /** Where the next bytes go: never empty while `took` says to go on. */
  get room(): Buffer {
    return this.#memory.subarray(this.#length)
  }

  /** Counts `bytes` that were put into `room`; whether there is more to read. */
  took(bytes: number): boolean {
    this.#length += bytes
    if (bytes === 0 || this.#length > this.#maxBytes) return false
    if (this.#length === this.#memory.length) this.#grow()
    return true
  }

  /** What was read; `undefined` when it was too much. Nothing of it stays here. */
  finish(): Buffer | undefined {
    const isTooMuch = this.#length > this.#maxBytes
    const bytes = isTooMuch ? undefined : Buffer.from(this.#memory.subarray(0, this.#length))
    this.#memory.fill(0, 0, this.#length)
    return bytes
  }

  #grow(): void {
    const old = this.#memory
    this.#memory = Buffer.allocUnsafeSlow(Math.min(old.length * 2, this.#maxBytes + 1))
    old.copy(this.#memory)
    old.fill(0)
  }
}

/** O_NONBLOCK opens a FIFO without a writer at once; O_NOCTTY keeps a terminal from adopting us. */
function flagsOf({ mayBeLink = true }: ReadRules): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
  return mayBeLink ? flags : flags | constants.O_NOFOLLOW
}

function check(stats: BigIntStats, rules: ReadRules): void {
  const isDevice = rules.mayBeDevice === true && stats.isCharacterDevice()
  if (!stats.isFile() && !isDevice) {
    throw rules.fail({ kind: 'not-regular', what: kindOf(stats) })
  }
  if (stats.size > rules.maxBytes) throw rules.fail(tooLarge(rules))
}

function problemOfOpening(cause: unknown): ReadProblem {
  return errnoOf(cause) === 'ENXIO' ? { kind: 'not-regular', what: 'a socket' } : unreadable(cause)
}

function unreadable(cause: unknown): ReadProblem {
  return { kind: 'unreadable', cause }
}

function tooLarge({ maxBytes }: ReadRules): ReadProblem {
  return { kind: 'too-large', maxBytes }
}

async function orFail<T>(work: Promise<T>, rules: ReadRules): Promise<T> {
  return await work.catch((cause: unknown) => {
    throw rules.fail(unreadable(cause))
  })
}

/** What is said of a FIFO, which is also what `<(COMMAND)` of a shell leads to. */
export const NAMED_PIPE = 'a named pipe'

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return NAMED_PIPE
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
