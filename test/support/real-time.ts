/**
 * Real time as ports, for tests that do real things: the same that the program itself gets.
 *
 * @module
 */

import type { Clock, Monotonic, Random, Schedule } from '../../src/core/ports.ts'
import { schedule, wait } from '../../src/machine/wait.ts'
import { ServerClock } from '../../src/session/server-clock.ts'

export interface RealTime {
  readonly serverClock: ServerClock
  readonly clock: Clock
  readonly monotonic: Monotonic
  readonly schedule: Schedule
  readonly random: Random
  readonly wait: typeof wait
}

/** @param offset what both clocks are ahead of the real ones, as if the machine had slept; milliseconds. */
export function realTime(offset: () => number = () => 0): RealTime {
  const clock = (): number => Date.now() + offset()
  const monotonic = (): number => performance.now() + offset()
  return {
    serverClock: new ServerClock(clock, monotonic),
    clock,
    monotonic,
    schedule,
    random: Math.random,
    wait,
  }
}
