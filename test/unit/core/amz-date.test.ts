import { describe, expect, it } from 'vitest'
import { amzDate } from '../../../src/core/amz-date.ts'
import { refusalOf } from '../../support/refusal.ts'

describe('amzDate', () => {
  it.each([
    ['2026-11-21T23:59:59.999Z', '20261121T235959Z'],
    ['2024-02-29T00:00:00Z', '20240229T000000Z'],
    ['1969-12-31T23:59:59.500Z', '19691231T235959Z'],
  ])('%s is %s: fractions are cut', (instant, date) => {
    expect(amzDate(Date.parse(instant))).toBe(date)
  })

  it.each([NaN, Infinity, Date.UTC(10_000, 0), Date.UTC(-1, 0), 9e15])('refuses %d', (atMs) => {
    expect(refusalOf(() => amzDate(atMs)).code).toBe('ERR_INTERNAL')
  })
})
