/**
 * The signals that ask the program to end, and the promise that it does.
 *
 * Whatever waits is told by an `AbortSignal`. What waits in a call that nobody can take back (a device
 * that is silent, a look-up of a name) would hold the process for minutes; so after a moment the signal
 * does what it does to every other program.
 *
 * @see signal(7)
 * @module
 */

/** What is left of the two seconds after which an impatient service manager or person looks again. */
const GRACE_MS = 1_500

export class Signals {
  readonly #stop = new AbortController()
  /** How many listen to a signal on their own account: it has no other effect then. */
  readonly #listeners = new Map<NodeJS.Signals, number>()

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        this.#end(name)
      })
    }
  }

  /** Aborted by SIGINT or SIGTERM, and by SIGHUP while a person is asked; the reason is the signal's name. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** Calls `listener` at each such signal; the result ends that. */
  on(name: NodeJS.Signals, listener: () => void): () => void {
    this.#count(name, 1)
    process.on(name, listener)
    return () => {
      this.#count(name, -1)
      process.off(name, listener)
    }
  }

  /** A terminal that is hung up during `work` ends the program in order: its modes are put right first. */
  async untilHungUp<T>(work: () => Promise<T>): Promise<T> {
    const onHangUp = (): void => {
      if (!this.#isUsed('SIGHUP')) this.#end('SIGHUP')
    }
    process.on('SIGHUP', onHangUp)
    try {
      return await work()
    } finally {
      process.off('SIGHUP', onHangUp)
    }
  }

  #end(name: NodeJS.Signals): void {
    this.#stop.abort(name)
    if (this.#isUsed(name)) return
    setTimeout(() => {
      process.removeAllListeners(name)
      process.kill(process.pid, name)
    }, GRACE_MS).unref()
  }

  #isUsed(name: NodeJS.Signals): boolean {
    return (this.#listeners.get(name) ?? 0) > 0
  }

  #count(name: NodeJS.Signals, change: number): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? 0) + change)
  }
}
