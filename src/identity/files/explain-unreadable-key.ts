/**
 * Says why OpenSSL could not read a key, when it is not simply broken: an algorithm it does not know,
 * or another thing altogether. Loaded only after a failure.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { AsnParser } from '@peculiar/asn1-schema'
import { PrivateKeyInfo } from '@peculiar/asn1-pkcs8'
import { PFX } from '@peculiar/asn1-pfx'
import type { RolesAnywhereError } from '../../core/errors.ts'
import { malformedKey, unsupportedKey } from './key-source.ts'

/** The error for bytes that are something, or `undefined` when they are nothing that is known here. */
export function explainUnreadableKey(der: Buffer, name: string): RolesAnywhereError | undefined {
  const algorithm = attempt(() => AsnParser.parse(der, PrivateKeyInfo))?.privateKeyAlgorithm
    .algorithm
  if (algorithm !== undefined) {
    return KNOWN_ALGORITHMS.includes(algorithm)
      ? malformedKey(name)
      : unsupportedKey(name, `holds a private key of an unknown algorithm (${algorithm})`)
  }
  if (attempt(() => new X509Certificate(der)) !== undefined) {
    return unsupportedKey(name, 'holds a certificate, not a private key', GIVE_KEY)
  }
  if (attempt(() => AsnParser.parse(der, PFX))?.version === 3) {
    return unsupportedKey(name, 'is a PKCS#12 file, which is not supported as a key file', UNPACK)
  }
  return undefined
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const GIVE_KEY = 'give the file of the private key with --private-key'
const UNPACK = 'take the key out of it: openssl pkcs12 -in FILE -nocerts -out key.pem'

/** A PKCS#8 key of one of these that OpenSSL refuses has a broken inside: RSA, EC, ML-DSA. */
const KNOWN_ALGORITHMS: readonly string[] = [
  '1.2.840.113549.1.1.1',
  '1.2.840.10045.2.1',
  '2.16.840.1.101.3.4.3.17',
  '2.16.840.1.101.3.4.3.18',
  '2.16.840.1.101.3.4.3.19',
]
