import { describe, expect, it } from 'vitest'
import { parseHttpDate } from '../../../src/core/http-date.ts'

describe('parseHttpDate', () => {
  it('reads the form that senders must use', () => {
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000)
  })

  it.each([
    ['Sunday, 06-Nov-94 08:49:37 GMT', 'RFC 850'],
    ['Sun Nov  6 08:49:37 1994', 'asctime'],
    ['Sun, 06 Nov 1994 08:49:37 UTC', 'another zone'],
    ['Mon, 06 Nov 1994 08:49:37 GMT', 'a wrong day of the week'],
    ['Wed, 30 Feb 1994 08:49:37 GMT', 'no such day'],
    ['Sun, 06 Nov 1994 25:49:37 GMT', 'no such hour'],
    ['Sun, 06 Xyz 1994 08:49:37 GMT', 'no such month'],
    ['1994-11-06T08:49:37Z', 'ISO 8601'],
    ['', 'empty'],
    ['5', 'a number'],
  ])('takes %j for no date: %s', (text) => {
    expect(parseHttpDate(text)).toBeUndefined()
  })
})
