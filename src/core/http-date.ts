/**
 * Dates of HTTP headers (`Date`, `Retry-After`).
 *
 * Only IMF-fixdate, which every sender must use; the two obsolete forms are taken for no date.
 *
 * @see RFC 9110 section 5.6.7
 * @module
 */

/** Milliseconds since the epoch; undefined for a text that is no such date. */
export function parseHttpDate(text: string): number | undefined {
  // The shape is checked first, since Date.parse takes almost anything for a date.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text))
    return undefined
  const at = Date.parse(text)
  // Comparing with the date written back refuses 30 February and a wrong day of the week.
  return !Number.isNaN(at) && new Date(at).toUTCString() === text ? at : undefined
}
