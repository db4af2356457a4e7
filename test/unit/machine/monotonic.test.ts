import { expect, it } from 'vitest'
import { monotonicClock } from '../../../src/machine/monotonic.ts'

/** A machine that has run for a day, 1,000 s of which it slept. */
function machine() {
  const state = { wall: 1_700_000_000_000, awake: 85_400_000, sinceBoot: 86_400_000, reads: 0 }
  const clock = monotonicClock(() => state.wall, {
    awake: () => state.awake,
    sinceBoot() {
      state.reads += 1
      // With two digits after the point, as in /proc/uptime.
      return Math.floor(state.sinceBoot / 10) * 10
    },
  })
  return {
    state,
    clock,
    run: (ms: number): void => {
      state.wall += ms
      state.awake += ms
      state.sinceBoot += ms
    },
    sleep: (ms: number): void => {
      state.wall += ms
      state.sinceBoot += ms
    },
  }
}

it('counts the time awake without a look at the file', () => {
  const { state, clock, run } = machine()
  const start = clock()
  for (let step = 0; step < 1_000; step++) {
    run(7)
    clock()
  }
  expect(clock() - start).toBe(7_000)
  expect(state.reads).toBe(1)
})

it('counts the time asleep', () => {
  const { clock, sleep } = machine()
  const start = clock()
  sleep(7_200_000)
  expect(clock() - start).toBe(7_200_000)
})

it.each([7_200_000, -7_200_000])('does not count what the wall clock is set by: %i ms', (jump) => {
  const { state, clock, run } = machine()
  const start = clock()
  state.wall += jump
  run(5)
  expect(clock() - start).toBe(5)
})

it('never goes back, though the file leaves digits out', () => {
  const { state, clock, run } = machine()
  let last = clock()
  for (let step = 0; step < 100; step++) {
    run(3)
    state.wall += step % 2 === 0 ? 10_000 : -10_000
    const now = clock()
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})

it('tells the time of this machine', () => {
  const clock = monotonicClock(() => 0)
  const start = clock()
  expect(start).toBeGreaterThan(0)
  expect(clock()).toBeGreaterThanOrEqual(start)
})
