/**
 * A connection that is opened before there is anything to send: while a key is read, a token's module is
 * started, or a person looks for the PIN. Nothing but handshakes goes over it until then (with a proxy that
 * wants a password, that password too).
 *
 * It never makes matters worse: one that has failed, that the server has closed or spoken on meanwhile, or
 * that has been idle for long, counts for nothing, and the request opens its own.
 *
 * @module
 */

import type { Socket } from 'node:net'

/**
 * What lies between us and the server forgets idle connections, and tells nobody; a machine that was
 * suspended has lost them too.
 */
const MAX_IDLE_MS = 20_000

export class EarlyConnection {
  readonly #origin: string
  readonly #opening: Promise<Socket>
  #socket: Socket | undefined
  #isOver = false
  #idleTimer: NodeJS.Timeout | undefined

  /** @param opening - may fail, which is nobody's business before the connection is wanted */
  constructor(url: URL, opening: Promise<Socket>) {
    this.#origin = url.origin
    this.#opening = opening
    const over = (): void => {
      this.#isOver = true
    }
    opening.then((socket) => {
      this.#socket = socket
      socket.once('end', over).once('close', over)
      if (this.#isOver) return
      this.#idleTimer = setTimeout(() => {
        this.close()
      }, MAX_IDLE_MS)
    }, over)
  }

  /**
   * The socket for a request to `url`, where it leads there and is fit for use, or still may be; once.
   * One that is still being opened may reject, as `connect` does.
   */
  take(url: URL): Promise<Socket> | undefined {
    if (this.#isOver || url.origin !== this.#origin) return undefined
    // Nobody was asked anything: what is said unasked is a farewell.
    if ((this.#socket?.readableLength ?? 0) > 0) {
      this.close()
      return undefined
    }
    this.#isOver = true
    clearTimeout(this.#idleTimer)
    return this.#opening
  }

  /** Without a request: the server sees an orderly end. */
  close(): void {
    clearTimeout(this.#idleTimer)
    if (this.#isOver) return
    this.#isOver = true
    this.#opening.then(
      (socket) => {
        socket.destroySoon()
      },
      () => undefined,
    )
  }
}
