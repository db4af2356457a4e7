/**
 * Reading JSON that nobody vouches for: bytes to a value, and members of a value, without exceptions
 * and without prototypes.
 *
 * @see RFC 8259
 * @module
 */

/** Largest body that is parsed, in bytes: a CreateSession answer has a few thousand. */
export const MAX_JSON_BYTES = 1_048_576

/**
 * The value of a UTF-8 JSON text; undefined for anything else: other encodings, a byte order mark,
 * HTML, half a text, more than 1 MiB. Says no reason, because that of JSON.parse quotes the text, and
 * the text may hold credentials.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_JSON_BYTES) return undefined
  try {
    // ignoreBOM keeps the mark in the text, where JSON.parse refuses it.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** The object's own member `name`; undefined for no object or no such member. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
