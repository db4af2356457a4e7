/**
 * Time that moves only when a test says so: a wall clock, a clock that nobody sets, and the timers.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'

export class FakeTime {
  /** Time for which the machine was awake: timers hang on it. */
  #awake = 0
  #asleep = 0
  /** What the wall clock says beyond that. */
  #wall: number
  #tasks: { at: number; run: () => void }[] = []

  /** @param startAt - milliseconds since the epoch */
  constructor(startAt: number = Date.parse('2026-11-22T00:00:00Z')) {
    this.#wall = startAt
  }

  readonly clock = (): number => this.#wall + this.#awake + this.#asleep

  /** As the machine counts since it was started: suspend is counted, jumps are not. */
  readonly monotonic = (): number => this.#awake + this.#asleep

  readonly schedule = (delayMs: number, run: () => void): (() => void) => {
    const task = { at: this.#awake + Math.max(0, delayMs), run }
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
    const end = this.#awake + ms
    await settle()
    for (;;) {
      const next = this.#tasks.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#tasks = this.#tasks.filter((task) => task !== next)
      this.#awake = Math.max(this.#awake, next.at)
      next.run()
      await settle()
    }
    this.#awake = end
  }

  /** The machine sleeps: both clocks move on, timers do not. */
  suspend(ms: number): void {
    this.#asleep += ms
  }

  /**
   * Somebody sets the wall clock, by a positive or negative amount. A virtual machine that was paused
   * looks the same from inside, once its clock is set again.
   */
  jump(ms: number): void {
    this.#wall += ms
  }
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  await setImmediate()
}
