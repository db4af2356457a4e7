/**
 * Questions and answers in the open, on the terminal device: what is typed is shown, and edited by the
 * terminal itself. Secrets are asked for in prompt/.
 *
 * One conversation reads all lines, since somebody who pastes three of them answers the next questions too.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ReadStream } from 'node:tty'
import { RolesAnywhereError } from '../core/errors.ts'
import { visible } from '../core/printable.ts'

export interface Conversation extends Disposable {
  /**
   * The next line, without blanks at its ends.
   *
   * @throws {RolesAnywhereError} ERR_CANCELLED.
   */
  ask(question: string): Promise<string>
  /** Shows lines. */
  tell(text: string): void
}

/** Undefined where the process has no terminal. */
export function openConversation(signal: AbortSignal): Conversation | undefined {
  const fd = openTerminal()
  if (fd === undefined) return undefined
  const input = new ReadStream(fd)
  const reader = createInterface({ input, terminal: false })
  const lines = new LineQueue()
  reader.on('line', (line) => {
    lines.add(line)
  })
  reader.on('close', () => {
    lines.fail('the terminal was closed at a question')
  })
  const onAbort = (): void => {
    lines.fail('cancelled at a question')
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    async ask(question) {
      writeSync(fd, visible(question))
      return (await lines.next()).trim()
    },
    tell(text) {
      writeSync(
        fd,
        text.replaceAll(/[^\n]+/gu, (line) => visible(line)),
      )
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', onAbort)
      reader.close()
      input.destroy()
    },
  }
}

function openTerminal(): number | undefined {
  let fd: number | undefined
  try {
    fd = openSync('/dev/tty', 'r+')
    writeSync(fd, '')
    return fd
  } catch {
    if (fd !== undefined) closeSync(fd)
    return undefined
  }
}

/** Lines that came before they were asked for, or those who wait for one. */
class LineQueue {
  readonly #lines: string[] = []
  #waiting: PromiseWithResolvers<string> | undefined
  #failure: RolesAnywhereError | undefined

  add(line: string): void {
    if (this.#waiting === undefined) this.#lines.push(line)
    else this.#waiting.resolve(line)
    this.#waiting = undefined
  }

  fail(message: string): void {
    this.#failure ??= new RolesAnywhereError('ERR_CANCELLED', message)
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }

  async next(): Promise<string> {
    const line = this.#lines.shift()
    if (line !== undefined) return line
    if (this.#failure !== undefined) throw this.#failure
    this.#waiting = Promise.withResolvers<string>()
    return await this.#waiting.promise
  }
}
