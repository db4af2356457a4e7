/**
 * A connection that is opened before there is anything to send: while a key is read, a token's module is
 * started, or a person looks for the PIN. Nothing but handshakes goes over it until then.
 *
 * It never makes matters worse: one that has failed, or that the server has closed meanwhile, counts for
 * nothing, and the request opens its own.
 *
 * @module
 */

import type { Socket } from 'node:net'

export class EarlyConnection {
  readonly #origin: string
  readonly #opening: Promise<Socket>
  #isOver = false

  /** @param opening - may fail, which is nobody's business before the connection is wanted */
  constructor(url: URL, opening: Promise<Socket>) {
    this.#origin = url.origin
    this.#opening = opening
    const over = (): void => {
      this.#isOver = true
    }
    opening.then((socket) => socket.once('end', over).once('close', over), over)
  }

  /**
   * The socket for a request to `url`, where it leads there and is fit for use, or still may be; once.
   * One that is still being opened may reject, as `connect` does.
   */
  take(url: URL): Promise<Socket> | undefined {
    if (this.#isOver || url.origin !== this.#origin) return undefined
    this.#isOver = true
    return this.#opening
  }

  /** Without a request: the server sees an orderly end. */
  close(): void {
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
