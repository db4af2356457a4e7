/**
 * `read-certificate-data`: one certificate as JSON, as AWS will see it.
 *
 * The first four members are those of the reference helper; the others are what people look for when a
 * request is refused.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { jsonText, visible } from '../../core/printable.ts'
import { decimalSerialNumber } from '../../core/serial-number.ts'
import { leavesAmong, longestLasting } from '../../identity/certificate/choose-certificate.ts'
import { notAfter, notBefore } from '../../identity/certificate/dates.ts'
import { nameFromLeafUp, nameOnOneLine } from '../../identity/certificate/names.ts'
import { publicKeyOf } from '../../identity/certificate/public-key.ts'
import { readCertificates, type FoundCertificate } from '../../identity/open-identity.ts'
import { identityOptions, identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'

export async function execute(invocation: Invocation<'read-certificate-data'>): Promise<void> {
  const { settings, system } = invocation
  const found = await readCertificates(identityOptions(settings), identityPorts(invocation))
  if (settings.certificate.kind === 'pkcs11') {
    await system.writeResult(identities(found))
    return
  }
  const leaves = leavesAmong(found.map(({ certificate }) => certificate))
  const leaf = settings.useLatestExpiringCertificate
    ? longestLasting(leaves, system.clock())
    : leaves[0]
  if (leaf === undefined) throw new TypeError('readCertificates gives at least one certificate')
  const facts = describe(leaf)
  const unread = Object.keys(facts).filter((name) => facts[name] === undefined)
  if (unread.length > 0) {
    invocation.reporter.warn(
      `the certificate is of a kind that OpenSSL cannot read: no ${unread.join(', ')}`,
    )
  }
  await system.writeResult(`${jsonText(facts)}\n`)
}

/** As the reference helper lists certificates that are not in files: SHA-1, subject, URI. */
function identities(found: readonly FoundCertificate[]): string {
  if (found.length === 0) return 'No matching identities\n'
  const lines = found.map(({ certificate, uri }, index) => {
    const fingerprint = certificate.fingerprint.replaceAll(':', '').toLowerCase()
    const subject = visible(nameFromLeafUp(certificate.subject))
    return `${index + 1}) ${fingerprint} "${subject}"\n\tURI: ${uri ?? ''}\n`
  })
  return `Matching identities\n${lines.join('')}`
}

function describe(certificate: X509Certificate): Readonly<Record<string, unknown>> {
  const { keyType, supportedAlgorithms } = keyFacts(publicKeyOf(certificate))
  return {
    keyType,
    certificateData: certificate.raw.toString('base64'),
    serialNumber: decimalSerialNumber(certificate.serialNumber),
    supportedAlgorithms,
    subject: nameOnOneLine(certificate.subject),
    issuer: nameOnOneLine(certificate.issuer),
    notBefore: notBefore(certificate)?.toISOString(),
    notAfter: notAfter(certificate)?.toISOString(),
    sha256Fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** In the words of the reference helper; an ML-DSA key signs without a hash of its own. */
function keyFacts(publicKey: KeyObject | undefined): {
  readonly keyType?: string
  readonly supportedAlgorithms?: readonly string[]
} {
  if (publicKey === undefined) return {}
  const type = publicKey.asymmetricKeyType ?? ''
  if (type.startsWith('ml-dsa-')) {
    const name = type.toUpperCase()
    return { keyType: name, supportedAlgorithms: [name] }
  }
  const keyType = KEY_TYPES[type] ?? ''
  return {
    keyType,
    supportedAlgorithms: keyType === '' ? [] : HASHES.map((hash) => keyType + hash),
  }
}

const KEY_TYPES: Readonly<Record<string, string | undefined>> = { rsa: 'RSA', ec: 'EC' }
const HASHES = ['SHA256', 'SHA384', 'SHA512']
