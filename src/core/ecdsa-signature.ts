/**
 * ECDSA signatures as tokens, TPMs and commands make them (r and s as plain numbers) in the DER that
 * SigV4-X509 carries.
 *
 * Written out: every run with a token, TPM or command would load the library for ASN.1 for these few
 * bytes alone.
 *
 * @see RFC 3279 section 2.2.3, `Ecdsa-Sig-Value`
 * @module
 */

/** `SEQUENCE { INTEGER r, INTEGER s }` of two unsigned big-endian numbers, minimal as DER demands. */
export function encodeEcdsaSignature(r: Uint8Array, s: Uint8Array): Buffer {
  return encodeElement(SEQUENCE, Buffer.concat([encodeUnsigned(r), encodeUnsigned(s)]))
}

/** Leading zeros go, and one comes back where the first bit would make the number negative. */
function encodeUnsigned(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start))
  const value = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits])
  return encodeElement(INTEGER, value)
}

function encodeElement(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...encodeLength(content.length)]), content])
}

/** One byte up to 127; then the number of bytes of the length, and those. P-521 has up to 138. */
function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  const digits = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return [0x80 | digits.length, ...digits]
}

const SEQUENCE = 0x30
const INTEGER = 0x02
