/**
 * How long a server asks to be left alone. Whether to obey, and up to what limit, is the session's.
 *
 * @see RFC 9110 section 10.2.3
 * @module
 */

import { parseHttpDate } from './http-date.ts'
import type { HttpResponse } from './ports.ts'

/**
 * Milliseconds to wait from `now` (milliseconds since the epoch), 0 for an instant that has passed;
 * undefined without a `retry-after` header that can be read.
 */
export function parseRetryAfter(headers: HttpResponse['headers'], now: number): number | undefined {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = parseHttpDate(value)
  return at === undefined ? undefined : Math.max(0, at - now)
}
