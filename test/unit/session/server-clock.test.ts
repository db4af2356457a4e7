import { describe, expect, it } from 'vitest'
import { clockOffset, ServerClock, type TimedResponse } from '../../../src/session/server-clock.ts'
import { FakeTime } from '../../support/fake-time.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000
const MINUTE = 60_000

function answered(date: string | undefined, receivedAt: number, tookMs = 0): TimedResponse {
  const headers = date === undefined ? {} : { date }
  return { response: { status: 403, headers, body: new Uint8Array() }, receivedAt, tookMs }
}

const at = (ms: number): string => new Date(ms).toUTCString()

describe('the offset of the clocks', () => {
  it.each([
    // server's date, our receiving, how long it took, offset; all in ms, from noon
    [0, 0, 0, 0],
    [0, 999, 0, 0],
    [0, 1_000, 0, -1],
    [10_000, 0, 0, 10_000],
    [10_000, 15_000, 15_000, 0],
    [10_000, 4_000, 4_000, 6_000],
    [-600_000, 0, 0, -599_001],
    [600_000, 2_000, 2_000, 598_000],
  ])('server %i, received %i after %i: %i', (date, receivedAt, tookMs, expected) => {
    const timed = answered(at(NOON + date), NOON + receivedAt, tookMs)
    expect(clockOffset(timed)).toBe(expected)
  })

  it.each([undefined, '', 'yesterday', 'Sat, 30 Feb 2026 12:00:00 GMT', '2026-11-21T12:00:00Z'])(
    'is unknown for the date %s',
    (date) => {
      expect(clockOffset(answered(date, NOON))).toBeUndefined()
    },
  )
})

/** A machine whose wall clock is wrong by `offset`, and its idea of the server's time. */
function machine(offset = 0) {
  const time = new FakeTime(NOON + offset)
  const clock = new ServerClock(time.clock, time.monotonic)
  return {
    time,
    clock,
    /** An answer of the server comes, whose own clock is `time.monotonic` since noon. */
    answer: () => clock.correctBy(answered(at(NOON + time.monotonic()), time.clock())),
    /** How wrong the idea is, in whole seconds: no header tells more. */
    error: () => Math.trunc((clock.now() - NOON - time.monotonic()) / 1000) + 0,
  }
}

describe('the server clock', () => {
  it('is ours until an answer has come, and without a date in it', () => {
    const { clock, time } = machine(HOUR)
    expect(clock.correctBy(answered(undefined, time.clock()))).toBe(false)
    expect([clock.now(), clock.offsetMs]).toEqual([NOON + HOUR, 0])
  })

  it.each([241_000, -241_000, 2 * HOUR, -35 * MINUTE, -30 * 365 * 24 * HOUR])(
    'is the server’s from then on, and that is news to a signature: %i ms off',
    async (offset) => {
      const { time, clock, answer, error } = machine(offset)
      expect(answer()).toBe(true)
      expect(error()).toBe(0)
      expect(Math.abs(clock.offsetMs + offset)).toBeLessThan(1_000)
      await time.advance(HOUR)
      expect(error()).toBe(0)
      expect(answer()).toBe(false)
    },
  )

  it('makes no other try of a difference that signatures tolerate', () => {
    expect(machine(240_000).answer()).toBe(false)
    expect(machine(-240_000).answer()).toBe(false)
  })

  it.each([2 * HOUR, -2 * HOUR, 35 * MINUTE, -35 * MINUTE])(
    'stays right when a clock that was %i ms off is mended',
    async (offset) => {
      const { time, answer, error } = machine(offset)
      answer()
      await time.advance(MINUTE)
      time.jump(-offset)
      expect(error()).toBe(0)
    },
  )

  it.each([2 * HOUR, -2 * HOUR, 35 * MINUTE, -35 * MINUTE])(
    'is never behind when a right clock is set off by %i ms, and right after the next answer',
    async (offset) => {
      const { time, answer, error } = machine()
      answer()
      await time.advance(MINUTE)
      time.jump(offset)
      expect(error()).toBe(Math.max(0, offset / 1000))
      expect(answer()).toBe(offset > 0)
      expect(error()).toBe(0)
    },
  )

  it('goes on while the machine sleeps', () => {
    const { time, answer, error } = machine(35 * MINUTE)
    answer()
    time.suspend(2 * HOUR)
    expect(error()).toBe(0)
  })

  it('knows of the pause of a virtual machine once its wall clock does', () => {
    const { time, clock, answer } = machine()
    answer()
    time.jump(2 * HOUR)
    expect(clock.now()).toBe(NOON + 2 * HOUR)
  })

  it('is not misled by a clock that is set while the answer is on its way', () => {
    for (const offset of [2 * HOUR, -2 * HOUR, 35 * MINUTE, -35 * MINUTE]) {
      const { time, clock, error } = machine()
      time.jump(offset)
      clock.correctBy(answered(at(NOON), time.clock(), 300))
      expect(Math.abs(error())).toBeLessThanOrEqual(1)
    }
  })
})
