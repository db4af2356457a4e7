import { describe, expect, it } from 'vitest'
import { clockOffset, ServerClock, type TimedResponse } from '../../../src/session/server-clock.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')

function answered(date: string | undefined, sentAt: number, receivedAt = sentAt): TimedResponse {
  const headers = date === undefined ? {} : { date }
  return { response: { status: 403, headers, body: new Uint8Array() }, sentAt, receivedAt }
}

const at = (ms: number): string => new Date(ms).toUTCString()

describe('the offset of the clocks', () => {
  it.each([
    // server's date, our sending and receiving, offset; all in ms from noon
    [0, 0, 0, 0],
    [0, 999, 999, 0],
    [0, 1_000, 1_000, -1],
    [10_000, 0, 0, 10_000],
    [10_000, 0, 15_000, 0],
    [10_000, 0, 4_000, 6_000],
    [-600_000, 0, 0, -599_001],
    [600_000, 0, 2_000, 598_000],
  ])('server %i, sent %i, received %i: %i', (date, sentAt, receivedAt, expected) => {
    const timed = answered(at(NOON + date), NOON + sentAt, NOON + receivedAt)
    expect(clockOffset(timed)).toBe(expected)
  })

  it.each([undefined, '', 'yesterday', 'Sat, 30 Feb 2026 12:00:00 GMT', '2026-11-21T12:00:00Z'])(
    'is unknown for the date %s',
    (date) => {
      expect(clockOffset(answered(date, NOON))).toBeUndefined()
    },
  )
})

describe('the server clock', () => {
  it('is ours as long as the difference is tolerated', () => {
    const clock = new ServerClock(() => NOON)
    expect(clock.correctBy(answered(at(NOON + 240_000), NOON))).toBe(false)
    expect(clock.correctBy(answered(at(NOON - 240_000), NOON))).toBe(false)
    expect(clock.correctBy(answered(undefined, NOON))).toBe(false)
    expect(clock.now()).toBe(NOON)
  })

  it.each([241_000, -241_000, 600_000, -30 * 365 * 86_400_000])(
    'is the server’s beyond that: %i',
    (offset) => {
      let now = NOON
      const clock = new ServerClock(() => now)
      expect(clock.correctBy(answered(at(NOON + offset), NOON))).toBe(true)
      expect(Math.abs(clock.now() - (NOON + offset))).toBeLessThan(1_000)
      now += 5_000
      expect(Math.abs(clock.now() - (NOON + offset + 5_000))).toBeLessThan(1_000)
    },
  )

  it('is corrected once for one error of our clock', () => {
    const clock = new ServerClock(() => NOON)
    expect(clock.correctBy(answered(at(NOON + 600_000), NOON))).toBe(true)
    expect(clock.correctBy(answered(at(NOON + 601_000), NOON))).toBe(false)
  })
})
