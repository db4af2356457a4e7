/**
 * The certificate's serial number as the Credential of SigV4-X509 wants it: decimal.
 *
 * Everywhere else at AWS (session name, source identity) the same number is hexadecimal.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession", Task 4
 * @module
 */

import { RolesAnywhereError } from './errors.ts'

/**
 * @param hex As Node's `X509Certificate.serialNumber` gives it: hexadecimal of any length, with a
 *   leading `-` for a negative number (which BigInt's own `0x` form does not take).
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID
 */
export function decimalSerialNumber(hex: string): string {
  const [, sign, digits] = /^(-?)([0-9A-Fa-f]+)$/.exec(hex) ?? []
  if (sign === undefined || digits === undefined) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_INVALID',
      'the serial number of the certificate cannot be read',
    )
  }
  const magnitude = BigInt(`0x${digits}`)
  return (sign === '-' ? -magnitude : magnitude).toString()
}
