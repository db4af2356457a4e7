/**
 * The public keys of certificates. OpenSSL takes a certificate whose key it cannot read (GOST, PSS or
 * curve parameters that it does not know, parameters that are inherited, a key that is cut off), and Node
 * throws only when that key is asked for.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { subjectOf } from './names.ts'

/** Undefined for a key that cannot be read: such a certificate is no key's, and has verifiably issued nothing. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined
  }
}

/**
 * The key of a certificate that is no good without it.
 *
 * @param name of what holds the certificate, for the message.
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID.
 */
export function readPublicKey(certificate: X509Certificate, name: string): KeyObject {
  const key = publicKeyOf(certificate)
  if (key !== undefined) return key
  throw unreadablePublicKey(certificate, name)
}

export function unreadablePublicKey(
  certificate: X509Certificate,
  name: string,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_INVALID',
    `the certificate "${subjectOf(certificate)}" in "${name}" has a public key that OpenSSL cannot read`,
    { hint: 'get a certificate for an RSA or EC key that is whole and of a usual kind' },
  )
}
