/**
 * Tells a PKCS#12 file from other DER files, without loading what opens one.
 *
 * @see RFC 7292 section 4
 * @module
 */

/**
 * Whether bytes are a SEQUENCE that begins with the version number 3. No other file that holds a key or
 * certificate begins so.
 */
export function looksLikePkcs12(bytes: Uint8Array): boolean {
  const lengthByte = bytes[1] ?? 0
  const headerBytes = lengthByte > 0x80 && lengthByte < 0x85 ? 2 + (lengthByte & 0x7f) : 2
  return bytes[0] === 0x30 && VERSION_3.every((byte, index) => bytes[headerBytes + index] === byte)
}

/** INTEGER 3 */
const VERSION_3: readonly number[] = [0x02, 0x01, 0x03]
