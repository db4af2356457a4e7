/**
 * One client connection: requests in, answers out, in order, until either side has had enough.
 *
 * A client that sends slowly or nothing is cut off by a deadline for each request; a client that sends
 * what is not HTTP gets one answer and no second chance.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import { sendAnswer, type Answer, type SendAnswerOptions } from './answer.ts'
import { MalformedRequest, parseRawRequest, valuesOf, type RawRequest } from './raw-request.ts'

/** Turns what a client sent into an answer; never throws. */
export type Respond = (request: RawRequest | MalformedRequest) => Answer

/** From the first moment a request may come to its last byte; also how long a connection may idle. */
export const REQUEST_DEADLINE_MS = 10_000

/**
 * Serves a connection to its end. Never rejects: a broken connection is a client's everyday life.
 *
 * @param raw Half-open, so that a client may say that it is done before it reads the answer.
 * @param tls Absent for plain HTTP.
 */
export async function serveConnection(
  raw: Socket,
  tls: SecureContext | undefined,
  respond: Respond,
): Promise<void> {
  const socket =
    tls === undefined ? raw : new TLSSocket(raw, { isServer: true, secureContext: tls })
  const gone = new AbortController()
  socket.once('close', () => {
    gone.abort()
  })
  for (const stream of new Set([raw, socket])) {
    stream.on('error', () => {
      // Node follows up with `close`, which is what ends the work above.
    })
  }
  raw.setNoDelay(true)
  const reset = (): void => {
    raw.resetAndDestroy()
  }
  try {
    await serveRequests(socket, respond, { signal: gone.signal, reset })
  } catch {
    // The client went away in the middle of something.
  } finally {
    socket.destroySoon()
  }
}

async function serveRequests(
  socket: Socket,
  respond: Respond,
  connection: Omit<SendAnswerOptions, 'keepAlive'>,
): Promise<void> {
  let deadline = startDeadline(socket)
  let pending = Buffer.alloc(0)
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      pending = Buffer.concat([pending, chunk as Buffer])
      for (;;) {
        const next = nextRequest(pending)
        if (next === undefined) break
        clearTimeout(deadline)
        pending = pending.subarray(next.length)
        const keepAlive = staysOpen(next.request)
        const answer = respond(next.request)
        if (!(await sendAnswer(socket, answer, { ...connection, keepAlive }))) return
        deadline = startDeadline(socket)
      }
    }
  } finally {
    clearTimeout(deadline)
  }
}

function startDeadline(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), REQUEST_DEADLINE_MS).unref()
}

function nextRequest(
  bytes: Buffer,
): { readonly request: RawRequest | MalformedRequest; readonly length: number } | undefined {
  try {
    return parseRawRequest(bytes)
  } catch (error) {
    if (error instanceof MalformedRequest) return { request: error, length: bytes.length }
    throw error
  }
}

function staysOpen(request: RawRequest | MalformedRequest): boolean {
  if (request instanceof MalformedRequest) return false
  const options = valuesOf(request.headers, 'connection').join(',').toLowerCase()
  return !options.split(',').some((option) => option.trim() === 'close')
}
