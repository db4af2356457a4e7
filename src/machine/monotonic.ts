/**
 * Time since the machine started, for what must not depend on the wall clock: it is never set, never
 * goes back, and goes on while the machine sleeps.
 *
 * Node's own clock stands still while a machine is suspended (CLOCK_MONOTONIC), and the one that does
 * not (CLOCK_BOOTTIME) is in reach only as a file that takes 6 µs to read. So Node's clock is read, and
 * the file only when the wall clock has moved away from it: by suspend, or because somebody set it.
 *
 * @see clock_gettime(2), proc_uptime(5)
 * @module
 */

import type { Clock, Monotonic } from '../core/ports.ts'

/** What a machine offers to tell the time with. */
export interface MachineClocks {
  /** Milliseconds that go on only while the machine is awake. */
  readonly awake: () => number
  /** Milliseconds since the machine started, time asleep included. */
  readonly sinceBoot: () => number
}

/** Beyond this the two have moved apart, and not just been slewed; milliseconds. */
const APART_MS = 1_000

/**
 * @param wall is what moves away from Node's clock when the machine slept.
 * @param clocks of a test; default: those of this machine.
 */
export function monotonicClock(wall: Clock, clocks: MachineClocks = OF_THIS_MACHINE): Monotonic {
  let apartMs = NaN
  let asleepMs = 0
  return () => {
    const awake = clocks.awake()
    const apartNow = wall() - awake
    // Not a number at first: then the file is read too.
    if (!(Math.abs(apartNow - apartMs) <= APART_MS)) {
      apartMs = apartNow
      // The file has two digits: time must not seem to go back by what it leaves out.
      asleepMs = Math.max(asleepMs, clocks.sinceBoot() - awake)
    }
    return awake + asleepMs
  }
}

const OF_THIS_MACHINE: MachineClocks = {
  awake: () => performance.now(),
  // Asked for late: most runs end without a look at it, and loading the module is not free.
  sinceBoot: () => process.getBuiltinModule('node:os').uptime() * 1000,
}
