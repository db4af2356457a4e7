/**
 * One HTTP/1.1 request and its answer over an open socket, within limits.
 *
 * Each connection carries one request: minutes or hours lie between two CreateSessions, and a try that
 * follows a failed one should not meet what was left of it. Redirects and compressed bodies are refused,
 * since a signed request must not travel on and a small answer has no use for a decompressor.
 *
 * @see RFC 9112
 * @module
 */

import type { Socket } from 'node:net'
import type { HttpRequest, HttpResponse } from '../core/ports.ts'
import { encodingFailure, exchangeFailure, redirectFailure } from './exchange-failures.ts'
import { peerOf } from './peer.ts'
import { Client } from './undici.ts'

/** Largest response body, in bytes. */
const MAX_BODY_BYTES = 1_048_576
/** Largest response head, in bytes. */
const MAX_HEADER_BYTES = 16_384

export interface ExchangeOptions {
  readonly signal: AbortSignal
  readonly userAgent: string
  /** The head of the answer has come. */
  onResponseStart(): void
}

/**
 * @throws {RolesAnywhereError} ERR_NETWORK_CONNECT, ERR_NETWORK_REDIRECT, ERR_NETWORK_RESPONSE_INVALID;
 *   the reason of `signal` when it is aborted.
 */
export async function exchange(
  socket: Socket,
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpResponse> {
  const { url, method, body } = request
  const peer = peerOf(url, 'endpoint')
  let status = 0
  let headers: HttpResponse['headers'] = {}
  const chunks: Buffer[] = []
  return await overSocket<HttpResponse>(socket, url, options.signal, (client, resolve, reject) => {
    client.dispatch(
      {
        method,
        path: `${url.pathname}${url.search}`,
        headers: {
          ...request.headers,
          'user-agent': options.userAgent,
          'accept-encoding': 'identity',
        },
        body: body.byteLength === 0 ? null : body,
      },
      {
        onRequestStart() {
          // undici asks for it to be there.
        },
        onResponseStart(_controller, statusCode, received) {
          if (statusCode < 200) return
          options.onResponseStart()
          status = statusCode
          headers = joined(received)
          const encoding = headers['content-encoding'] ?? 'identity'
          if (status >= 300 && status < 400) {
            reject(redirectFailure(status, headers['location'], url))
          } else if (encoding.toLowerCase() !== 'identity') {
            reject(encodingFailure(encoding, peer))
          }
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          resolve({ status, headers, body: Buffer.concat(chunks) })
        },
        onResponseError(_controller, error) {
          reject(exchangeFailure(error, url, status !== 0))
        },
      },
    )
  })
}

/**
 * What `start` resolves to, with an HTTP client over a connection that is already open. The client is
 * gone afterwards, and with it the connection, unless a tunnel has taken the connection over.
 *
 * @throws the reason of `signal` when it is aborted.
 */
export async function overSocket<T>(
  socket: Socket,
  origin: URL,
  signal: AbortSignal,
  start: (client: Client, resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = (): void => {
    reject(signal.reason)
  }
  const client = clientOver(socket, origin)
  try {
    signal.throwIfAborted()
    signal.addEventListener('abort', onAbort, { once: true })
    start(client, resolve, reject)
    return await promise
  } catch (error) {
    // The client destroys only what it has taken up.
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await client.destroy()
  }
}

/** It never opens another connection. */
function clientOver(socket: Socket, origin: URL): Client {
  let unused: Socket | undefined = socket
  return new Client(origin.origin, {
    connect: (_options, callback) => {
      const given = unused
      unused = undefined
      // Not at once: undici marks itself as connecting only after this call.
      queueMicrotask(() => {
        if (given === undefined) callback(new Error('the connection was lost'), null)
        else callback(null, given)
      })
    },
    allowH2: false,
    // `connection: close`
    pipelining: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxResponseSize: MAX_BODY_BYTES,
    // The deadlines of a try are kept by `send`, to the millisecond.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

function joined(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): HttpResponse['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  )
}
