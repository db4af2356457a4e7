/**
 * Time that moves only when a test says so: a wall clock and the timers that hang on it.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'

export class FakeTime {
  #now: number
  #tasks: { at: number; run: () => void }[] = []

  /** @param startAt - milliseconds since the epoch */
  constructor(startAt: number = Date.parse('2026-11-22T00:00:00Z')) {
    this.#now = startAt
  }

  readonly clock = (): number => this.#now

  readonly schedule = (delayMs: number, run: () => void): (() => void) => {
    const task = { at: this.#now + Math.max(0, delayMs), run }
    this.#tasks.push(task)
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task)
    }
  }

  /** Resolves after `ms`, or at once when the signal aborts. */
  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const cancel = this.schedule(ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })

  /** Timers that are set. */
  get pending(): number {
    return this.#tasks.length
  }

  /** Moves on by `ms`, running every timer at its own instant and in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#tasks.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#tasks = this.#tasks.filter((task) => task !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settle()
    }
    this.#now = end
  }

  /** The machine sleeps: the wall clock moves on, timers do not. */
  suspend(ms: number): void {
    this.#now += ms
    for (const task of this.#tasks) task.at += ms
  }

  /** Somebody sets the clock, by a positive or negative amount. Timers keep their distance. */
  jump(ms: number): void {
    this.suspend(ms)
  }
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  await setImmediate()
}
