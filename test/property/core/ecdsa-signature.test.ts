import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { fromBER, Integer, Sequence } from 'asn1js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeEcdsaSignature } from '../../../src/core/ecdsa-signature.ts'

describe('ECDSA signatures in DER', () => {
  it.each(['P-256', 'P-384', 'P-521'])('of %s are those that OpenSSL takes', (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    for (let count = 0; count < 300; count += 1) {
      const message = Buffer.from(`message ${count}`)
      const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      const half = raw.length / 2
      const der = encodeEcdsaSignature(raw.subarray(0, half), raw.subarray(half))
      expect(verify('sha256', message, publicKey, der)).toBe(true)
    }
  })

  it('numbers are minimal and never negative', () => {
    const number = fc.uint8Array({ minLength: 1, maxLength: 66 })
    fc.assert(
      fc.property(number, number, (r, s) => {
        const der = encodeEcdsaSignature(r, s)
        const header = der[1] === 0x81 ? 3 : 2
        expect(der[header - 1]).toBe(der.length - header)
        let at = header
        for (const value of [r, s]) {
          expect(der[at]).toBe(0x02)
          const content = der.subarray(at + 2, at + 2 + der[at + 1]!)
          expect(content[0]! & 0x80).toBe(0)
          expect(content.length > 1 && content[0] === 0 && content[1]! < 0x80).toBe(false)
          expect(asNumber(content)).toBe(asNumber(value))
          at += 2 + content.length
        }
        expect(at).toBe(der.length)
      }),
    )
  })

  it.each([127, 128, 255, 256, 70_000])('numbers of %i bytes have their length in full', (size) => {
    const number = Buffer.alloc(size, 1)
    const { result } = fromBER(encodeEcdsaSignature(number, number))
    const parts = result instanceof Sequence ? result.valueBlock.value : []
    const numbers = parts.flatMap((part) => (part instanceof Integer ? part.toBigInt() : []))
    expect(numbers).toEqual([asNumber(number), asNumber(number)])
  })
})

function asNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
