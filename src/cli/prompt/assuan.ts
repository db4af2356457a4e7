/**
 * The client's side of the Assuan protocol, as far as a pinentry speaks it: commands go out line by line,
 * each is answered by `D`, `S` and comment lines and at last by `OK` or `ERR`.
 *
 * @see https://www.gnupg.org/documentation/manuals/assuan/ "Client requests", "Server responses"
 * @module
 */

import type { Readable, Writable } from 'node:stream'

/** A line may have 1000 bytes; many come for one answer only from a program that means no good. */
const MAX_LINE_BYTES = 1000
const MAX_ANSWER_BYTES = 4096
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const PERCENT = 0x25
const SPACE = 0x20
const DATA = 0x44

/** What the other side refused: its number, and what it said about it. */
export class AssuanRefusal extends Error {
  override readonly name = 'AssuanRefusal'
  /** As libgpg-error composes it: the source of the error above 24 bits, the error in the lower 16. */
  readonly code: number

  constructor(code: number, description: string) {
    super(description)
    this.code = code
  }
}

/** What is no Assuan. The bytes are not in it: they may be a secret that came in the wrong way. */
export class AssuanBroken extends Error {
  override readonly name = 'AssuanBroken'
}

export class AssuanClient {
  readonly #input: Writable
  readonly #lines: AsyncIterator<Buffer>

  constructor(input: Writable, output: Readable) {
    this.#input = input
    this.#lines = linesOf(output)
  }

  /** The line with which the other side says that it listens. */
  async greeting(): Promise<void> {
    await this.#answer()
  }

  /**
   * Sends one command and waits for the end of its answer.
   *
   * @param argument - is encoded here
   * @returns the data of the answer, which the caller overwrites
   * @throws {AssuanRefusal} for `ERR`
   * @throws {AssuanBroken} for what is no Assuan, and at the end of the output
   */
  async ask(command: string, argument?: string): Promise<Buffer> {
    const words = argument === undefined ? command : `${command} ${encodeValue(argument)}`
    this.#input.write(`${words}\n`)
    return await this.#answer()
  }

  async #answer(): Promise<Buffer> {
    const data: number[] = []
    try {
      for (;;) {
        const next = await this.#lines.next()
        if (next.done === true) throw new AssuanBroken('it ended before it answered')
        const line = next.value
        try {
          if (line[0] === DATA && line[1] === SPACE) decodeInto(data, line.subarray(2))
          else if (isEnd(line)) return Buffer.from(data)
        } finally {
          line.fill(0)
        }
        if (data.length > MAX_ANSWER_BYTES) throw new AssuanBroken('its answer is far too long')
      }
    } finally {
      data.fill(0)
    }
  }
}

/** Whether a line ends an answer; status lines and comments do not. Throws for `ERR` and for what is none. */
function isEnd(line: Buffer): boolean {
  const text = line.toString('latin1')
  if (/^OK(?: |$)/u.test(text)) return true
  if (/^S(?: |$)|^#/u.test(text)) return false
  const [, code, description = ''] = /^ERR (\d{1,10})(?: (.*))?$/u.exec(text) ?? []
  if (code === undefined) throw new AssuanBroken('it does not speak the protocol')
  throw new AssuanRefusal(Number(code), Buffer.from(description, 'latin1').toString('utf8'))
}

/** `%`, and what would end or garble the line, as `%XX`; cut where the line would be too long. */
export function encodeValue(text: string): string {
  let encoded = ''
  for (const character of text) {
    // eslint-disable-next-line no-control-regex -- these are what is to be encoded
    const next = /[%\u0000-\u001f\u007f]/u.test(character)
      ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : character
    if (Buffer.byteLength(encoded) + Buffer.byteLength(next) > MAX_VALUE_BYTES) break
    encoded += next
  }
  return encoded
}

/** Leaves room for the command before it. */
const MAX_VALUE_BYTES = MAX_LINE_BYTES - 100

/** Bytes with their `%XX` resolved. */
function decodeInto(data: number[], bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    if (byte !== PERCENT) {
      data.push(byte)
      continue
    }
    const digits = String.fromCharCode(bytes[index + 1] ?? 0, bytes[index + 2] ?? 0)
    if (!/^[0-9a-f]{2}$/iu.test(digits)) throw new AssuanBroken('it does not speak the protocol')
    data.push(Number.parseInt(digits, 16))
    index += 2
  }
}

/** Lines without their ends, each in a buffer of its own; what was read is overwritten. */
async function* linesOf(output: Readable): AsyncGenerator<Buffer, undefined> {
  let line: number[] = []
  for await (const chunk of output as AsyncIterable<Buffer>) {
    const bytes = [...chunk]
    chunk.fill(0)
    for (const byte of bytes) {
      if (byte !== LINE_FEED) {
        if (line.length > MAX_LINE_BYTES) throw new AssuanBroken('it does not speak the protocol')
        line.push(byte)
        continue
      }
      if (line.at(-1) === CARRIAGE_RETURN) line.pop()
      const whole = Buffer.from(line)
      line.fill(0)
      line = []
      yield whole
    }
    bytes.fill(0)
  }
  return undefined
}
