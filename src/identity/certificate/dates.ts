/**
 * From when to when a certificate is valid. OpenSSL takes one whose dates are no dates, and Node (24.21)
 * then makes a `Date` of whatever lay in its memory; only its text for the date says so.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'

/** Undefined where what stands there is no date. */
export function notBefore({ validFrom, validFromDate }: X509Certificate): Date | undefined {
  return validFrom === NO_DATE ? undefined : validFromDate
}

/** Undefined where what stands there is no date. */
export function notAfter({ validTo, validToDate }: X509Certificate): Date | undefined {
  return validTo === NO_DATE ? undefined : validToDate
}

export function hasDates(certificate: X509Certificate): boolean {
  return notBefore(certificate) !== undefined && notAfter(certificate) !== undefined
}

/** As OpenSSL prints it. */
const NO_DATE = 'Bad time value'
