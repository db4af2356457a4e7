/**
 * Dates as SigV4 writes them. The instant comes from the caller.
 *
 * @see AWS General Reference, "Elements of an AWS API request signature", date
 * @module
 */

import { RolesAnywhereError } from './errors.ts'

/**
 * `YYYYMMDDTHHMMSSZ` in UTC; fractions of a second are cut. The first 8 characters date the scope.
 *
 * @param atMs Milliseconds since the epoch, years 0 to 9999.
 * @throws {RolesAnywhereError} ERR_INTERNAL for a number that is no such instant.
 */
export function amzDate(atMs: number): string {
  const date = new Date(atMs)
  if (Number.isNaN(date.getTime()) || !/^\d{4}-/.test(date.toISOString())) {
    throw new RolesAnywhereError('ERR_INTERNAL', `${atMs} is not an instant that can be signed`)
  }
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
