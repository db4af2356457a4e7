/**
 * Encodings against independent statements of the same rule, and orders that must not matter.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amzDate } from '../../../src/core/amz-date.ts'
import { canonicalRequest } from '../../../src/core/canonical-request.ts'
import { parseHttpDate } from '../../../src/core/http-date.ts'
import { decimalSerialNumber } from '../../../src/core/serial-number.ts'
import { uriDecode, uriEncode } from '../../../src/core/uri-encoding.ts'

const RUNS = { seed: 20261121, numRuns: 1000 }

const canonical = (query: string, headers: readonly (readonly [string, string])[] = []): string =>
  canonicalRequest({ method: 'GET', path: '/', query, headers, body: Buffer.of() }).text

describe('decimalSerialNumber', () => {
  it('agrees with BigInt for every sign and size, padded or not', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 2048n), max: 2n ** 2048n }),
        fc.nat(3),
        (serial, pad) => {
          const magnitude = (serial < 0n ? -serial : serial).toString(16)
          const hex = `${serial < 0n ? '-' : ''}${'0'.repeat(pad)}${magnitude}`
          expect(decimalSerialNumber(hex)).toBe(serial.toString())
          expect(decimalSerialNumber(hex.toUpperCase())).toBe(serial.toString())
        },
      ),
      RUNS,
    )
  })
})

describe('uriEncode', () => {
  it('is undone by uriDecode, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const encoded = uriEncode(bytes)
        expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
        expect(Buffer.from(uriDecode(encoded))).toEqual(Buffer.from(bytes))
      }),
      RUNS,
    )
  })

  it('agrees with encodeURIComponent but for the five characters that one leaves alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const expected = encodeURIComponent(text).replace(
          /[!'()*]/g,
          (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
        )
        expect(uriEncode(Buffer.from(text))).toBe(expected)
      }),
      RUNS,
    )
  })
})

describe('canonicalRequest', () => {
  const parameters = fc
    .array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string()))
    .chain((pairs) =>
      fc.record({
        pairs: fc.constant(pairs),
        shuffled: fc.shuffledSubarray(pairs, { minLength: pairs.length }),
      }),
    )

  it('does not depend on the order of parameters, nor on how much of them was encoded', () => {
    const everyByte = (text: string): string =>
      [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    fc.assert(
      fc.property(parameters, ({ pairs, shuffled }) => {
        const query = (encode: (text: string) => string, of: typeof pairs): string =>
          of.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
        expect(canonical(query(everyByte, shuffled))).toBe(
          canonical(query(encodeURIComponent, pairs)),
        )
      }),
      RUNS,
    )
  })

  it('does not depend on the order or case of headers with different names', () => {
    const headers = fc.uniqueArray(
      fc.tuple(fc.stringMatching(/^[a-z-]{1,8}$/), fc.stringMatching(/^[!-~ ]*$/)),
      {
        selector: ([name]) => name,
      },
    )
    fc.assert(
      fc.property(headers, (pairs) => {
        const changed = pairs
          .toReversed()
          .map(([name, value]) => [name.toUpperCase(), ` ${value} `] as const)
        expect(canonical('', changed)).toBe(canonical('', pairs))
      }),
      RUNS,
    )
  })
})

describe('dates', () => {
  const instants = fc.date({
    min: new Date(0),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  })

  it('amzDate reads back as the same second', () => {
    fc.assert(
      fc.property(instants, (date) => {
        const iso = amzDate(date.getTime()).replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')
        expect(Date.parse(iso)).toBe(Math.floor(date.getTime() / 1000) * 1000)
      }),
      RUNS,
    )
  })

  it('parseHttpDate reads what toUTCString writes', () => {
    fc.assert(
      fc.property(instants, (date) => {
        expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000)
      }),
      RUNS,
    )
  })
})
