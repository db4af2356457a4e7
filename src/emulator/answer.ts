/**
 * An answer of the emulator, and how it goes out over the wire: well-behaved, or not.
 *
 * @see RFC 9112 section 4
 * @module
 */

import { STATUS_CODES } from 'node:http'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Absent: at once, whole, and over a connection that stays. */
  readonly delivery?: Delivery
}

/** Ways to treat a client badly. They combine. */
export interface Delivery {
  /** Nothing is sent before this many milliseconds have passed. */
  readonly delayMs?: number
  /** Head and body leave byte by byte, with this pause between two. */
  readonly msPerByte?: number
  /** The connection ends after half of the body. */
  readonly truncated?: boolean
  /** White space after the body: this many bytes, announced or, when infinite, chunked. */
  readonly padding?: number
  /** These bytes leave in place of an HTTP response. */
  readonly raw?: Uint8Array
  /** No answer at all. `silence` keeps the connection open. */
  readonly instead?: 'close' | 'reset' | 'silence'
}

export interface SendAnswerOptions {
  readonly keepAlive: boolean
  /** Fires when the connection is gone. */
  readonly signal: AbortSignal
  /** Breaks the connection with a TCP reset. */
  readonly reset: () => void
}

/** Sends `answer` and tells whether the connection can carry another request. */
export async function sendAnswer(
  sink: Writable,
  answer: Answer,
  { keepAlive, signal, reset }: SendAnswerOptions,
): Promise<boolean> {
  const delivery = answer.delivery ?? {}
  if (delivery.delayMs !== undefined) await wait(delivery.delayMs, undefined, { signal })
  if (delivery.instead === 'reset') {
    reset()
    return false
  }
  if (delivery.instead === 'close') return false
  if (delivery.instead === 'silence') {
    await wait(LONGEST_SILENCE_MS, undefined, { signal })
    return false
  }
  if (delivery.raw !== undefined) {
    await write(sink, delivery.raw, signal)
    return false
  }
  const bytes = Buffer.concat([head(answer, keepAlive), answer.body])
  const sent =
    delivery.truncated === true ? bytes.length - Math.ceil(answer.body.length / 2) : undefined
  await writeAtPace(sink, bytes.subarray(0, sent), delivery.msPerByte, signal)
  if (delivery.padding !== undefined) await writePadding(sink, delivery.padding, signal)
  return keepAlive && sent === undefined
}

function head({ status, headers, body, delivery }: Answer, keepAlive: boolean): Buffer {
  const padding = delivery?.padding ?? 0
  const all = {
    ...headers,
    ...(Number.isFinite(padding)
      ? { 'content-length': String(body.length + padding) }
      : { 'transfer-encoding': 'chunked' }),
    connection: keepAlive ? 'keep-alive' : 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const firstChunk = Number.isFinite(padding) ? '' : `${body.length.toString(16)}\r\n`
  const reason = STATUS_CODES[status] ?? 'Unknown'
  return Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${firstChunk}`, 'latin1')
}

async function writeAtPace(
  sink: Writable,
  bytes: Uint8Array,
  msPerByte: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (msPerByte === undefined) {
    await write(sink, bytes, signal)
    return
  }
  for (const byte of bytes) {
    await write(sink, Uint8Array.of(byte), signal)
    await wait(msPerByte, undefined, { signal })
  }
}

async function writePadding(sink: Writable, count: number, signal: AbortSignal): Promise<void> {
  if (Number.isFinite(count)) {
    for (let left = count; left > 0; left -= PADDING.length) {
      await write(sink, PADDING.subarray(0, Math.min(left, PADDING.length)), signal)
    }
    return
  }
  const size = PADDING.length.toString(16)
  for (;;) await write(sink, Buffer.from(`\r\n${size}\r\n${PADDING.toString()}`), signal)
}

/** Waits while the client does not read. */
async function write(sink: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (sink.write(bytes)) return
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      sink.off('drain', settle)
      signal.removeEventListener('abort', settle)
      if (signal.aborted) reject(new Error('the connection is gone'))
      else resolve()
    }
    sink.on('drain', settle)
    signal.addEventListener('abort', settle)
  })
}

const PADDING = Buffer.alloc(65_536, ' ')
const LONGEST_SILENCE_MS = 3_600_000
