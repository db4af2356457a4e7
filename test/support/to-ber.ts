/**
 * Rewrites DER as BER the way Firefox and macOS export PKCS#12: indefinite lengths for everything
 * constructed, and long octet strings in pieces.
 *
 * @see ITU-T X.690 sections 8.1.3.6 and 8.7.3
 * @module
 */

const PIECE_BYTES = 1000
const END_OF_CONTENTS = Buffer.of(0, 0)

/** @param der one value; tags are one byte. */
export function toBer(der: Buffer): Buffer {
  const { tag, content } = readValue(der, 0)
  const isConstructed = (tag & 0x20) !== 0
  if (isConstructed) {
    const parts: Buffer[] = []
    for (let at = 0; at < content.length;) {
      const { end } = readValue(content, at)
      parts.push(toBer(content.subarray(at, end)))
      at = end
    }
    return Buffer.concat([Buffer.of(tag, 0x80), ...parts, END_OF_CONTENTS])
  }
  // OCTET STRING, or [0] IMPLICIT OCTET STRING as EncryptedContentInfo has one.
  if (tag !== 0x04 && tag !== 0x80) return der
  const pieces: Buffer[] = []
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    const piece = content.subarray(at, at + PIECE_BYTES)
    const length =
      piece.length < 128 ? [piece.length] : [0x82, piece.length >> 8, piece.length & 0xff]
    pieces.push(Buffer.concat([Buffer.of(0x04, ...length), piece]))
  }
  return Buffer.concat([Buffer.of(tag | 0x20, 0x80), ...pieces, END_OF_CONTENTS])
}

function readValue(bytes: Buffer, at: number): { tag: number; content: Buffer; end: number } {
  const first = bytes[at + 1] ?? 0
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
  const start = at + 2 + lengthBytes
  return {
    tag: bytes[at] ?? 0,
    content: bytes.subarray(start, start + length),
    end: start + length,
  }
}
