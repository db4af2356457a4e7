/**
 * The search for leaks finds what it is meant to find.
 *
 * @module
 */

import { describe, expect, it } from 'vitest'
import { findLeaks, needlesOf } from './find-leaks.ts'

const SECRET = 'pässword "with" all+sorts/of %things= in it'
const bytes = Buffer.from(SECRET)
const needles = needlesOf({
  password: SECRET,
  key: Buffer.from('0123456789abcdef0011223344556677', 'hex'),
})

describe('findLeaks', () => {
  it.each([
    ['text', SECRET],
    ['a part of it', SECRET.slice(9, 28)],
    ['JSON', JSON.stringify({ SECRET })],
    ['a percent-encoded text', encodeURIComponent(SECRET)],
    ['hex', bytes.toString('hex')],
    [
      'a Buffer that was inspected',
      `<Buffer ${bytes.toString('hex').match(/../gu)?.join(' ') ?? ''}>`,
    ],
    ['a Buffer as JSON', JSON.stringify(bytes)],
    ['base64', bytes.toString('base64')],
    ['base64 one byte on', Buffer.from(`:${SECRET}`).toString('base64')],
    ['base64 two bytes on', Buffer.from(`::${SECRET}`).toString('base64')],
    ['base64url', Buffer.from(`::${SECRET}`).toString('base64url')],
  ])('finds a secret as %s', (_form, text) => {
    expect(findLeaks(`before ${text} after`, needles)).not.toEqual([])
  })

  it('finds the bytes of a key, and says what it found', () => {
    const pem = Buffer.from('ff0123456789abcdef0011223344556677ff', 'hex').toString('base64')
    expect(findLeaks(pem, needles)).toEqual(['key as base64'])
  })

  it('finds nothing in a text without a secret', () => {
    expect(findLeaks('rolesanywhere: error: the password does not open the key', needles)).toEqual(
      [],
    )
  })
})
