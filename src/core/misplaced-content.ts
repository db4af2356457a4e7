/**
 * Recognises the content of a key or certificate file where its path should be.
 *
 * It happens: container platforms put secrets into environment variables, and a variable named after a
 * key invites the key itself. A path is quoted in messages, and a private key must never be.
 *
 * @module
 */

/** Whether `path` is PEM, on however many lines, or the Base64 of DER. */
export function isMisplacedContent(path: string): boolean {
  return path.includes('-----BEGIN') || BASE64_OF_DER.test(path)
}

/** What to say about it, after the name of the setting. */
export const MISPLACED_CONTENT = 'holds the content of a file, where its path belongs'
export const MISPLACED_CONTENT_HINT =
  'give the path, or env:NAME for a key or certificate that is in an environment variable'

/** DER begins with a SEQUENCE, 0x30, of at least 75 bytes: no path of this form is as long. */
const BASE64_OF_DER = /^M[A-P][A-Za-z0-9+/_=-]{98,}$/
