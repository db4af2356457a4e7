/**
 * The real world as one value: arguments, environment, output, wall clock and random source come from
 * here alone. Tests pass a `System` of their own to `main`.
 *
 * @module
 */

import { writeSync } from 'node:fs'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Monotonic, Random, Schedule } from '../core/ports.ts'
import { noteDescriptors, seemsClosed } from '../machine/descriptors.ts'
import { errnoOf } from '../machine/errno.ts'
import { monotonicClock } from '../machine/monotonic.ts'
import { schedule, wait } from '../machine/wait.ts'
import type { Conversation } from './conversation.ts'
import type { PromptOptions } from './prompt/prompt-ports.ts'
import { Signals } from './signals.ts'

export interface System {
  /** Arguments after the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** The folder that relative paths start from. */
  readonly currentFolder: () => string
  readonly clock: Clock
  /** For spans of time: nobody sets it. */
  readonly monotonic: Monotonic
  readonly random: Random
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /**
   * The result, and nothing else. Resolves when the bytes have left the process.
   *
   * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, also when standard output is closed, unless the
   *   command does its work all the same (`mayBeLost`).
   */
  writeResult(result: string | Uint8Array, options?: WriteOptions): Promise<void>
  /** Lines for people. */
  writeMessage(text: string): void
  readStdin(): Promise<Buffer>
  /**
   * Asks a person, never on stdin or stdout; what is typed is not shown.
   *
   * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE, which does not repeat the question;
   *   ERR_CANCELLED
   */
  prompt(question: string, options?: PromptOptions): Promise<string>
  /** Questions whose answers may be seen; undefined where there is no terminal. */
  converse(): Promise<Conversation | undefined>
  /** Writes a line to the terminal device; false where there is none. */
  tellPerson(line: string): Promise<boolean>
  /** Runs `task` once after `delayMs`, and keeps the program alive until then; the result cancels it. */
  readonly schedule: Schedule
  /** Calls `listener` at each such signal, which then has no other effect; the result ends that. */
  onSignal(name: NodeJS.Signals, listener: () => void): () => void
  readonly pid: number
  /** Effective user id; 0 where the platform has none. */
  readonly uid: number
  /** Whether standard input is a terminal, which then sends its signals to children too. */
  isTerminal(): Promise<boolean>
  /** Whether a person sees the result as it is written. */
  isResultTerminal(): Promise<boolean>
  /**
   * Aborted by SIGINT or SIGTERM, and by SIGHUP while a person is asked; the reason is the signal's name.
   * Who has not ended soon after is ended.
   */
  readonly signal: AbortSignal
}

export interface WriteOptions {
  readonly mayBeLost?: boolean
}

/** Most bytes taken from standard input: keys, passwords and messages are all far smaller. */
const MAX_STDIN_BYTES = 1_048_576

export function nodeSystem(): System {
  noteDescriptors()
  const signals = new Signals()
  return {
    argv: process.argv.slice(2),
    env: process.env,
    platform: process.platform,
    currentFolder: () => process.cwd(),
    clock: Date.now,
    monotonic: monotonicClock(Date.now),
    random: Math.random,
    wait,
    writeResult,
    writeMessage(text) {
      try {
        writeSync(STDERR, text)
      } catch {
        // Nobody listens: that must not take credentials from the reader of stdout.
      }
    },
    readStdin: async () => readStdin(signals.stop),
    async prompt(question, options = {}) {
      const { askPerson } = await import('./prompt/ask-person.ts')
      const { env } = process
      const ports = { env, clock: Date.now, random: Math.random, wait, signal: signals.stop }
      return await signals.untilHungUp(async () => askPerson(question, options, ports))
    },
    async converse() {
      const { openConversation } = await import('./conversation.ts')
      return openConversation(signals.stop)
    },
    async tellPerson(line) {
      const { tellOnTerminal } = await import('./prompt/terminal.ts')
      return tellOnTerminal(line)
    },
    schedule,
    onSignal: (name, listener) => signals.on(name, listener),
    pid: process.pid,
    uid: process.geteuid?.() ?? 0,
    async isTerminal() {
      const { isatty } = await import('node:tty')
      return isatty(STDIN)
    },
    async isResultTerminal() {
      const { isatty } = await import('node:tty')
      return isatty(STDOUT)
    },
    signal: signals.stop,
  }
}

const STDIN = 0
const STDOUT = 1
const STDERR = 2

/**
 * Writes to the descriptor itself: Node's stream object for it costs a tenth of a start, and its
 * buffer would hide a full disk until the exit.
 */
async function writeResult(
  result: string | Uint8Array,
  { mayBeLost = false }: WriteOptions = {},
): Promise<void> {
  // Where stderr leads nowhere either, somebody meant it so.
  if (!mayBeLost && seemsClosed(STDOUT) && !seemsClosed(STDERR)) {
    throw new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', 'standard output is closed', {
      hint: 'to throw the result away, open /dev/null for writing only, as >/dev/null does',
    })
  }
  let rest = typeof result === 'string' ? Buffer.from(result) : result
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDOUT, rest))
    } catch (cause) {
      // A pipe that its reader made non-blocking, and that is full for a moment.
      if (errnoOf(cause) === 'EAGAIN') {
        await wait(5)
        continue
      }
      throw new RolesAnywhereError(
        'ERR_OUTPUT_UNWRITABLE',
        'standard output could not be written',
        {
          hint: 'the program that reads it may have closed it, or the disk may be full',
          cause,
        },
      )
    }
  }
}

async function readStdin(signal: AbortSignal): Promise<Buffer> {
  const { stdin } = process
  const onAbort = (): void => {
    stdin.destroy(new RolesAnywhereError('ERR_CANCELLED', 'cancelled while reading standard input'))
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_STDIN_BYTES) {
      throw new RolesAnywhereError(
        'ERR_CONFIG_FILE_TOO_LARGE',
        `standard input is larger than ${MAX_STDIN_BYTES} bytes`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
