/**
 * What can be told about a leaf certificate before AWS is asked: its dates, and what the trust model
 * rejects. Only the dates stop us; the rest is advice, because the service has the last word.
 *
 * Cheap by design: what needs a full parse is the doctor's work.
 *
 * @see IAM Roles Anywhere User Guide, "Signature verification" and trust model; protocol-facts.md 3.1
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock, Reporter } from '../../core/ports.ts'
import { hasDates } from './dates.ts'

/**
 * A clock this far off still gets its request signed and sent: the skew is found from the server's
 * `Date` and corrected there, and a certificate is often used in the minute it was issued.
 */
const CLOCK_TOLERANCE_MS = 15 * 60 * 1000

/**
 * Refuses a leaf outside its dates, by more than 15 minutes, or without dates to speak of; warns about
 * one that is outside by less.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_EXPIRED, ERR_CONFIG_CERTIFICATE_NOT_YET_VALID,
 *   ERR_CONFIG_CERTIFICATE_INVALID.
 */
export function checkValidity(
  certificate: X509Certificate,
  name: string,
  ports: { readonly clock: Clock; readonly reporter: Reporter },
): void {
  if (!hasDates(certificate)) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_INVALID',
      `the certificate in "${name}" is valid from or until a date that is none`,
      { hint: 'issue it anew; openssl x509 -in FILE -noout -dates shows what is there' },
    )
  }
  const now = ports.clock()
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  const clock = `the clock here says ${utc(now)}`
  if (now > to) {
    const message = `the certificate in "${name}" expired at ${utc(to)} (${clock})`
    const hint = 'renew the certificate, or set the clock'
    if (now - to > CLOCK_TOLERANCE_MS) {
      throw new RolesAnywhereError('ERR_CONFIG_CERTIFICATE_EXPIRED', message, { hint })
    }
    ports.reporter.warn(message, { hint })
  } else if (now < from) {
    const message = `the certificate in "${name}" is not valid before ${utc(from)} (${clock})`
    const hint = 'set the clock, or wait'
    if (from - now > CLOCK_TOLERANCE_MS) {
      throw new RolesAnywhereError('ERR_CONFIG_CERTIFICATE_NOT_YET_VALID', message, { hint })
    }
    ports.reporter.warn(message, { hint })
  }
}

/** Warns of each property that the trust model rejects in an end-entity certificate. */
export function adviseOnCertificate(
  certificate: X509Certificate,
  name: string,
  reporter: Reporter,
): void {
  for (const [applies, problem] of ADVICE) {
    if (!applies(certificate)) continue
    reporter.warn(`the certificate in "${name}" ${problem}: Roles Anywhere may refuse it`, {
      hint: 'issue a version 3 end-entity certificate signed with SHA-256 or better',
    })
  }
}

const ADVICE: readonly (readonly [
  applies: (certificate: X509Certificate) => boolean,
  problem: string,
])[] = [
  [(certificate) => !isVersion3(certificate), 'is not of version 3'],
  [(certificate) => certificate.ca, 'is a CA certificate'],
  [
    (certificate) => /^(?:-.*|0+)$/u.test(certificate.serialNumber),
    'has no positive serial number',
  ],
  [
    (certificate) => /md5|sha1(?!\d)/iu.test(certificate.signatureAlgorithm ?? ''),
    'is signed with MD5 or SHA-1',
  ],
  // Node says `undefined` of an empty subject, against its types.
  [(certificate) => !certificate.subject, 'has an empty subject'],
  [
    (certificate) => !mayMakeSignatures(certificate),
    'has no keyUsage digitalSignature (AWS says "Insufficient certificate")',
  ],
]

/**
 * Looked for in the bytes, as the version is: OID of keyUsage, perhaps `critical`, then an OCTET STRING
 * with a BIT STRING whose first bit is digitalSignature. Node does not say it.
 *
 * @see RFC 5280 section 4.2.1.3
 */
function mayMakeSignatures(certificate: X509Certificate): boolean {
  const at = certificate.raw.indexOf(KEY_USAGE)
  if (at === -1) return false
  const value = certificate.raw.subarray(at + KEY_USAGE.length).toString('hex', 0, 10)
  const bits = /^(?:0101(?:ff|00))?040[45]030[23]0[0-7](?<bits>[0-9a-f]{2})/u.exec(value)?.groups?.[
    'bits'
  ]
  return bits !== undefined && (Number.parseInt(bits, 16) & DIGITAL_SIGNATURE) !== 0
}

const KEY_USAGE = Buffer.from('0603551d0f', 'hex')
const DIGITAL_SIGNATURE = 0x80

/** `[0] { INTEGER 2 }` right after the headers of the two outer SEQUENCEs. Node does not say it. */
function isVersion3(certificate: X509Certificate): boolean {
  const at = certificate.raw.indexOf(VERSION_3)
  return at >= 4 && at <= 10
}

const VERSION_3 = Buffer.from('a003020102', 'hex')

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
