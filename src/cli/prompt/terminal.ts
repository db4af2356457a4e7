/**
 * Questions on the terminal device.
 *
 * SDKs capture stdout and stderr of a `credential_process`, and stdin may carry data, so the question
 * goes to `/dev/tty` and the answer comes from there, unseen.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { visible } from '../../core/printable.ts'
import { cancelled, unavailable } from './prompt-ports.ts'

const TERMINAL = '/dev/tty'
/** Longer than any PIN or password a person types. */
const MAX_ANSWER_BYTES = 1024
const CONTROL_C = 0x03
const CONTROL_D = 0x04
const BACKSPACE = 0x08
const CONTROL_U = 0x15
const DELETE = 0x7f

/**
 * Asks one question and reads one line without showing it.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE without a terminal; ERR_CANCELLED on Ctrl-C,
 *   or when `signal` is aborted.
 */
export async function promptOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  if (signal.aborted) throw cancelled('cancelled before the prompt')
  const fd = openTerminal()
  const input = new ReadStream(fd)
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => {
    aborted.reject(cancelled('cancelled at the prompt'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    input.setRawMode(true)
    // Control characters in a token's label must not steer the terminal.
    writeSync(fd, visible(question))
    return await Promise.race([readLine(input), aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
    leave(input, fd)
  }
}

/** Puts the terminal right, unless it has been hung up. */
function leave(input: ReadStream, fd: number): void {
  try {
    input.setRawMode(false)
    writeSync(fd, '\n')
  } catch {
    // Nobody is there to see it.
  }
  input.destroy()
}

/** Writes one line to the terminal device, if the process has one. */
export function tellOnTerminal(line: string): boolean {
  try {
    const fd = openSync(TERMINAL, 'w')
    try {
      writeSync(fd, `rolesanywhere: ${visible(line)}\r\n`)
    } finally {
      closeSync(fd)
    }
    return true
  } catch {
    return false
  }
}

function openTerminal(): number {
  let fd: number | undefined
  try {
    fd = openSync(TERMINAL, 'r+')
    writeSync(fd, '')
    return fd
  } catch (cause) {
    if (fd !== undefined) closeSync(fd)
    throw unavailable('there is no terminal to ask on', undefined, cause)
  }
}

async function readLine(input: ReadStream): Promise<string> {
  const typed: number[] = []
  // The stream must outlive the loop: a destroyed one takes no orders, such as to leave raw mode.
  for await (const chunk of input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (byte === 0x0d || byte === 0x0a || byte === CONTROL_D) return takeText(typed)
      if (byte === CONTROL_C) throw cancelled('cancelled at the prompt')
      if (byte === DELETE || byte === BACKSPACE) eraseCharacter(typed)
      else if (byte === CONTROL_U) typed.length = 0
      else if (typed.length < MAX_ANSWER_BYTES) typed.push(byte)
    }
  }
  throw cancelled('the terminal was closed at the prompt')
}

/** Removes one UTF-8 character: its continuation bytes (10xxxxxx) and then its first byte. */
function eraseCharacter(typed: number[]): void {
  while (((typed.at(-1) ?? 0) & 0xc0) === 0x80) typed.pop()
  typed.pop()
}

function takeText(typed: number[]): string {
  const text = Buffer.from(typed).toString('utf8')
  typed.fill(0)
  return text
}
