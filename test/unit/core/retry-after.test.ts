import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../../src/core/retry-after.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:59:00 GMT', 0],
  ])('reads %j as %d ms', (value, waitMs) => {
    expect(parseRetryAfter({ 'retry-after': value }, NOW)).toBe(waitMs)
  })

  it.each(['', '-1', '1.5', '1e3', '0x10', 'soon', '5, 6', '1'.repeat(10), '2026-11-21'])(
    'makes nothing of %j',
    (value) => {
      expect(parseRetryAfter({ 'retry-after': value }, NOW)).toBeUndefined()
    },
  )

  it('makes nothing of a missing header', () => {
    expect(parseRetryAfter({}, NOW)).toBeUndefined()
  })
})
