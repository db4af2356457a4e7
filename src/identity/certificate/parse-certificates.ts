/**
 * Certificates out of PEM bundles and DER files. Parsing is OpenSSL's, through Node; what the service
 * would object to is said in check-certificate.ts.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { DER_LABEL } from '../encoding/decode-blocks.ts'
import type { PemBlock } from '../encoding/pem.ts'

/**
 * The certificates among blocks; other blocks are passed over.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_MISSING, ERR_CONFIG_CERTIFICATE_INVALID.
 */
export function parseCertificates(
  blocks: readonly PemBlock[],
  name: string,
): readonly X509Certificate[] {
  const found = blocks.filter(({ label }) => CERTIFICATE_LABELS.includes(label))
  if (found.length === 0) throw missing(blocks, name)
  return found.map((block, index) => {
    try {
      return new X509Certificate(block.bytes)
    } catch (cause) {
      const which = found.length === 1 ? 'the certificate' : `certificate ${index + 1}`
      throw new RolesAnywhereError(
        'ERR_CONFIG_CERTIFICATE_INVALID',
        `${which} in "${name}" does not parse`,
        { hint: 'openssl x509 -in FILE -noout -text says more', cause },
      )
    }
  })
}

function missing(blocks: readonly PemBlock[], name: string): RolesAnywhereError {
  const labels = [...new Set(blocks.map(({ label }) => label))].slice(0, 5).join(', ')
  return new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_MISSING',
    `no certificate in "${name}" (it holds ${labels})`,
    {
      hint: labels.endsWith('PRIVATE KEY')
        ? says`certificate and key may be swapped: give this file with ${setting('privateKey')}, and the certificate with ${setting('certificate')}`
        : 'give a certificate in PEM or DER',
    },
  )
}

/** The second is OpenSSL's old name; the third carries trust settings behind the certificate. */
const CERTIFICATE_LABELS: readonly string[] = [
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
  DER_LABEL,
]
