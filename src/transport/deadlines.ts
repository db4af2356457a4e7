/**
 * Ends what takes too long, and says what it was busy with then.
 *
 * @module
 */

import { cancelled, timeoutFailure, type Phase } from './connection-failures.ts'
import { peerOf, type Peer } from './peer.ts'

export class Deadlines implements Disposable {
  readonly #controller = new AbortController()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #caller: AbortSignal
  readonly #onCancel = (): void => {
    this.#controller.abort(cancelled(this.#caller.reason))
  }
  #phase: Phase = 'connection'
  #peer: Peer

  /** @param caller - ends it too, whenever it likes */
  constructor(url: URL, caller: AbortSignal) {
    this.#peer = peerOf(url, 'endpoint')
    this.#caller = caller
    if (caller.aborted) this.#onCancel()
    else caller.addEventListener('abort', this.#onCancel, { once: true })
  }

  /** Its reason is always a RolesAnywhereError. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  enter(phase: Phase, peer: Peer): void {
    this.#phase = phase
    this.#peer = peer
  }

  /** Aborts after `timeoutMs`, unless the returned function is called first. */
  add(timeoutMs: number): () => void {
    const timer = setTimeout(() => {
      this.#controller.abort(timeoutFailure(this.#phase, this.#peer, timeoutMs))
    }, timeoutMs)
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#caller.removeEventListener('abort', this.#onCancel)
  }
}
