/**
 * One password as the byte strings that different parts of PKCS#12 and PKCS#5 take.
 *
 * This is the classic trap: the older ciphers and MAC want UTF-16 with a terminator, the newer ones
 * UTF-8, and old writers got both wrong. Which form a file was written with shows only by trying.
 *
 * @see RFC 7292 appendix B.1; RFC 8018 section 3; RFC 9879 section 6 (UTF-8 for PBMAC1)
 * @module
 */

export interface PasswordForm {
  /** For PBES2 and PBMAC1, and for PKCS#5 version 1.5. */
  readonly utf8: Uint8Array
  /** BMPString with two zero bytes at the end, for the PKCS#12 key derivation. */
  readonly bmp: Uint8Array
}

/**
 * The forms to try, the likeliest first.
 *
 * An empty password is either an empty BMPString (two zero bytes) or no bytes at all; writers differ.
 * OpenSSL before 1.1 widened each byte of a UTF-8 password instead of each character.
 */
export function passwordForms(password: string): readonly PasswordForm[] {
  const utf8 = Buffer.from(password, 'utf8')
  const bmp = bmpString(password)
  if (password === '') {
    return [
      { utf8, bmp },
      { utf8, bmp: new Uint8Array(0) },
    ]
  }
  if (utf8.length === password.length) return [{ utf8, bmp }]
  return [
    { utf8, bmp },
    { utf8, bmp: bmpString(utf8.toString('latin1')) },
  ]
}

function bmpString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'utf16le').swap16()
}
