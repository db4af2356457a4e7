/**
 * `read-certificate-data`: one certificate as JSON, as AWS will see it.
 *
 * The first four members are those of the reference helper; the others are what people look for when a
 * request is refused.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { decimalSerialNumber } from '../../core/serial-number.ts'
import { readCertificateFile } from '../../identity/files/certificate.ts'
import type { Invocation } from '../invocation.ts'
import { secretPorts } from '../open-identity.ts'

export async function execute(invocation: Invocation<'read-certificate-data'>): Promise<void> {
  const { settings, system } = invocation
  const certificates = await readCertificateFile(settings.certificate, secretPorts(invocation))
  await system.writeResult(`${JSON.stringify(describe(leafOf(certificates)))}\n`)
}

/** The one that issued none of the others; without a key nothing else tells a leaf. */
function leafOf(certificates: readonly X509Certificate[]): X509Certificate {
  const leaf = certificates.find(
    (candidate) =>
      !certificates.some((other) => other !== candidate && other.checkIssued(candidate)),
  )
  const [first] = certificates
  if (first === undefined) throw new TypeError('readCertificateFile gives at least one certificate')
  return leaf ?? first
}

function describe(certificate: X509Certificate): Readonly<Record<string, unknown>> {
  const keyType = KEY_TYPES[certificate.publicKey.asymmetricKeyType ?? ''] ?? ''
  return {
    keyType,
    certificateData: certificate.raw.toString('base64'),
    serialNumber: decimalSerialNumber(certificate.serialNumber),
    supportedAlgorithms: keyType === '' ? [] : HASHES.map((hash) => keyType + hash),
    subject: onOneLine(certificate.subject),
    issuer: onOneLine(certificate.issuer),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    sha256Fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** Node writes one attribute a line, and says `undefined` of an empty name, against its types. */
function onOneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}

const KEY_TYPES: Readonly<Record<string, string | undefined>> = { rsa: 'RSA', ec: 'EC' }
const HASHES = ['SHA256', 'SHA384', 'SHA512']
