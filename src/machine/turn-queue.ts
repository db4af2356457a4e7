/**
 * Work that is done one piece after the other: a token, a TPM and the process of a module each take one
 * request at a time.
 *
 * @module
 */

export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Does `work` when all work before it has ended, well or not; its outcome is its caller's alone. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
