/**
 * ECDSA signatures as tokens make them (r and s as plain numbers) in the DER that SigV4-X509 carries.
 *
 * @see RFC 3279 section 2.2.3, `Ecdsa-Sig-Value`
 * @module
 */

/** `SEQUENCE { INTEGER r, INTEGER s }` of two unsigned big-endian numbers, minimal as DER demands. */
export function encodeEcdsaSignature(r: Uint8Array, s: Uint8Array): Buffer {
  const content = Buffer.concat([encodeUnsigned(r), encodeUnsigned(s)])
  return Buffer.concat([Buffer.from([SEQUENCE, ...encodeLength(content.length)]), content])
}

/** Leading zeros go, and one comes back where the first bit would make the number negative. */
function encodeUnsigned(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start))
  const value = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits])
  return Buffer.concat([Buffer.from([INTEGER, value.length]), value])
}

/** One byte up to 127, and one more for P-521, whose signature has up to 139 bytes. */
function encodeLength(length: number): readonly number[] {
  return length < 0x80 ? [length] : [0x81, length]
}

const SEQUENCE = 0x30
const INTEGER = 0x02
