/**
 * ECDSA signatures in the form that CreateSession takes: DER `SEQUENCE { r, s }`.
 *
 * @see RFC 3279 section 2.2.3
 * @module
 */

import { Integer, Sequence } from 'asn1js'

/** @param r and s unsigned, big-endian, of any length. */
export function encodeEcdsaSignature(r: Uint8Array, s: Uint8Array): Uint8Array {
  const value = [r, s].map((number) =>
    Integer.fromBigInt(BigInt(`0x0${Buffer.from(number).toString('hex')}`)),
  )
  return new Uint8Array(new Sequence({ value }).toBER())
}
