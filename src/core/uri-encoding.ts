/**
 * Percent-encoding by the rule of SigV4: RFC 3986 unreserved characters stay, every other byte of the
 * UTF-8 form becomes `%XX` in upper case. Works on bytes, since a decoded `%FF` is no text.
 *
 * @see RFC 3986 sections 2.1 and 2.3
 * @module
 */

export function uriEncode(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9\-._~]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
}

/** The bytes that `text` stands for; a `%` that starts no escape stands for itself, `+` for a plus. */
export function uriDecode(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}
