/**
 * A certificate in lines for people: what stands in it, how long it lasts, and the chain that is sent with it.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { visible } from '../../core/printable.ts'
import { decimalSerialNumber } from '../../core/serial-number.ts'
import { nameOnOneLine, subjectOf } from '../../identity/certificate/names.ts'
import type { Colour, Paint } from './paint.ts'
import { spanInWords } from './span.ts'

/** Below this a renewal is late, whatever renews it. */
const SOON_MS = 7 * 86_400_000

export interface CertificateText {
  readonly certificate: X509Certificate
  /** From the issuer of `certificate` upwards, without the root. */
  readonly chain: readonly X509Certificate[]
  /** Of a certificate on a token. */
  readonly uri?: string | undefined
}

type Line = readonly [name: string, value: string, colour?: Colour]

/** Each line with its end. */
export function certificateText(
  { certificate, chain, uri }: CertificateText,
  now: number,
  paint: Paint,
): string {
  const lines: readonly Line[] = [
    ['subject', subjectOf(certificate)],
    ['issuer', nameOnOneLine(certificate.issuer)],
    ['alternative names', certificate.subjectAltName ?? 'none'],
    ['serial number', `${certificate.serialNumber} (hexadecimal)`],
    ['', `${decimalSerialNumber(certificate.serialNumber)} (decimal)`],
    ['valid from', readable(() => certificate.validFromDate.toISOString())],
    ['valid to', readable(() => certificate.validToDate.toISOString())],
    ...validity(certificate, now),
    ['key', readable(() => keyInWords(certificate))],
    ['CA certificate', certificate.ca ? 'yes' : 'no'],
    ['extended key usage', usagesOf(certificate)],
    ['SHA-256', hexOf(certificate.fingerprint256)],
    ['SHA-1', hexOf(certificate.fingerprint)],
    ...(uri === undefined ? [] : [['URI', uri] as const]),
    ...chainLines(certificate, chain),
  ]
  return lines
    .map(([name, value, colour]) => {
      const label = paint(name === '' ? undefined : 'bold', name) + ' '.repeat(WIDTH - name.length)
      return `${label}${paint(colour, visible(value))}\n`
    })
    .join('')
}

const WIDTH = 20

/** Keys and dates that OpenSSL cannot read: Node throws when asked for them. */
function readable(read: () => string): string {
  try {
    return read()
  } catch {
    return 'cannot be read'
  }
}

/** Nothing about dates that cannot be read. */
function validity(certificate: X509Certificate, now: number): readonly Line[] {
  const [start = NaN, left = NaN] = timesFrom(certificate, now)
  if (start > 0) return [['', `not valid before ${spanInWords(start)} from now`, 'red']]
  if (left < 0) return [['', `expired ${spanInWords(-left)} ago`, 'red']]
  if (Number.isNaN(left)) return []
  return [['', `${spanInWords(left)} left`, left < SOON_MS ? 'yellow' : 'green']]
}

/** Milliseconds until the certificate becomes valid, and until it expires. */
function timesFrom(certificate: X509Certificate, now: number): readonly number[] {
  try {
    return [certificate.validFromDate.getTime() - now, certificate.validToDate.getTime() - now]
  } catch {
    return []
  }
}

function keyInWords({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  const size = modulusLength === undefined ? namedCurve : `${modulusLength} bits`
  return [(publicKey.asymmetricKeyType ?? 'unknown').toUpperCase(), size]
    .filter((word) => word !== undefined)
    .join(', ')
}

/** Node gives the object identifiers of the extended key usage, against the name that it has for them. */
function usagesOf({ keyUsage }: X509Certificate): string {
  // Against its type it is undefined where the extension is absent.
  const oids = (keyUsage as readonly string[] | undefined) ?? []
  return oids.map((oid) => USAGES[oid] ?? oid).join(', ') || 'not said'
}

/** RFC 5280 section 4.2.1.12. */
const USAGES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '2.5.29.37.0': 'any',
}

/** What AWS is sent beside the certificate, and which certificate it needs above that. */
function chainLines(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
): readonly (readonly [string, string])[] {
  const links = chain.map((link, index) => {
    const until = readable(() => link.validToDate.toISOString().slice(0, 10))
    return [
      index === 0 ? 'chain' : '',
      `${index + 1}. ${subjectOf(link)} (until ${until})`,
    ] as const
  })
  const { issuer } = chain.at(-1) ?? certificate
  return [
    ...(links.length === 0 ? [['chain', 'no intermediate certificate'] as const] : links),
    ['', `trust anchor wanted: ${nameOnOneLine(issuer)}`],
  ]
}

function hexOf(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
