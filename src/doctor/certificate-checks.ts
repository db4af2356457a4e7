/**
 * What IAM Roles Anywhere asks of an end-entity certificate, one row each.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model" and "Attribute mapping"; protocol-facts.md 3.1, 3.3
 * @module
 */

import { ACCEPTED_KEYS, signingAlgorithmOf } from '../core/algorithms.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { hasDates } from '../identity/certificate/dates.ts'
import { publicKeyOf } from '../identity/certificate/public-key.ts'
import { ok, problem, skipped, warning, type Checks } from './check.ts'
import { told } from './failures.ts'
import type { CertificateFacts } from './certificate-facts.ts'

export interface CertificateCheckFacts extends CertificateFacts {
  /** By the clock here, in milliseconds. */
  readonly now: number
}

const DAY_MS = 86_400_000
/** Share of its life below which a certificate should have been renewed. */
const RENEWAL_SHARE = 0.2
/** A tag that breaks this is left out of the session without a word. */
const TAG_PATTERN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const MAX_TAG_LENGTH = 256
const MAX_COMMON_NAME_LENGTH = 64
const MIN_RSA_BITS = 2048
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

const REISSUE = 'ask your CA for a version 3 end-entity certificate with keyUsage digitalSignature'

/** Asked of the place that the certificate is in, whether there is one or not. */
export interface CertificatePlaceFacts {
  readonly failures: readonly RolesAnywhereError[]
  /** In the words of the setting; undefined where none is named. */
  readonly place: string | undefined
}

export const CERTIFICATE_PLACE_CHECKS: Checks<CertificatePlaceFacts> = {
  'certificate-readable': {
    title: 'file',
    otherwise: 'Every command ends with this error.',
    family: 'config',
    judge: (facts) =>
      told('certificate-readable', facts) ??
      (facts.place === undefined ? skipped('none is named') : ok(facts.place)),
  },
  'certificate-choice': {
    title: 'choice',
    otherwise: 'Which of several is meant is not decided silently.',
    family: 'config',
    judge: (facts) =>
      told('certificate-choice', facts) ??
      (facts.place === undefined ? skipped('none is named') : ok('it is plain which is meant')),
  },
}

export const CERTIFICATE_CHECKS: Checks<CertificateCheckFacts> = {
  'certificate-dates': {
    title: 'dates',
    otherwise: 'AWS refuses a certificate outside its dates with 403.',
    family: 'config',
    judge: ({ certificate, now }) => {
      if (!hasDates(certificate)) return problem('a date that is none', REISSUE)
      const from = certificate.validFromDate.getTime()
      const to = certificate.validToDate.getTime()
      if (now > to) {
        return problem(
          `expired ${days(now - to)} ago, at ${utc(to)}`,
          'renew the certificate; if the date here is wrong, set the clock',
        )
      }
      if (now < from) {
        return problem(
          `not valid before ${utc(from)}, which is in ${days(from - now)}`,
          'set the clock, or wait',
        )
      }
      return ok(`valid until ${utc(to)}`)
    },
  },
  'certificate-renewal': {
    title: 'life left',
    otherwise: 'When the certificate ends, everything that depends on it stops at once.',
    family: 'config',
    judge: ({ certificate, now }) => {
      if (!hasDates(certificate)) return skipped('its dates are none')
      const from = certificate.validFromDate.getTime()
      const to = certificate.validToDate.getTime()
      const share = Math.min(1, Math.max(0, (to - now) / Math.max(1, to - from)))
      const left = `${days(Math.max(0, to - now))} left, ${Math.round(share * 100)} % of its life`
      return share >= RENEWAL_SHARE ? ok(left) : warning(left, 'renew the certificate soon')
    },
  },
  'certificate-version': {
    title: 'version',
    otherwise: 'AWS accepts only version 3 and answers others with 403.',
    family: 'config',
    judge: ({ version }) =>
      version === 3 ? ok('version 3') : problem(`version ${version}, and 3 is needed`, REISSUE),
  },
  'certificate-ca': {
    title: 'end entity',
    otherwise: 'AWS refuses a CA certificate as the client’s own with 403.',
    family: 'config',
    judge: ({ isCa }) =>
      isCa === true
        ? problem(
            'this is a CA certificate, not an end-entity one',
            'give the certificate that the CA issued for this machine',
          )
        : ok(isCa === undefined ? 'no basicConstraints' : 'CA is false'),
  },
  'certificate-key-usage': {
    title: 'keyUsage',
    otherwise: '403 "Untrusted certificate. Insufficient certificate".',
    family: 'config',
    judge: ({ keyUsage }) => {
      if (keyUsage === undefined) return problem('the extension keyUsage is missing', REISSUE)
      const all = keyUsage.join(', ')
      return keyUsage.includes('digitalSignature')
        ? ok(all)
        : problem(`digitalSignature is missing (it has ${all || 'nothing'})`, REISSUE)
    },
  },
  'certificate-extended-key-usage': {
    title: 'extendedKeyUsage',
    otherwise: 'Not known to be asked for by AWS, but some CAs and guides expect clientAuth.',
    family: 'config',
    judge: ({ extendedKeyUsage }) => {
      if (extendedKeyUsage === undefined) return ok('absent, which allows every use')
      return extendedKeyUsage.includes(CLIENT_AUTH) || extendedKeyUsage.includes(ANY_USAGE)
        ? ok('clientAuth')
        : warning('clientAuth is missing', 'if AWS refuses it, ask your CA for clientAuth')
    },
  },
  'certificate-hash': {
    title: 'signature hash',
    otherwise: 'AWS refuses certificates that are signed with MD5 or SHA-1 with 403.',
    family: 'config',
    judge: ({ certificate }) => {
      const algorithm = certificate.signatureAlgorithm ?? 'an unknown algorithm'
      return /md5|sha-?1(?!\d)/iu.test(algorithm)
        ? problem(`signed with ${algorithm}`, 'have it issued again with SHA-256 or better')
        : ok(algorithm)
    },
  },
  'certificate-key-type': {
    title: 'key',
    otherwise: 'There is no algorithm in SigV4-X509 for other keys, and small ones may be refused.',
    family: 'config',
    judge: ({ certificate }) => {
      const publicKey = publicKeyOf(certificate)
      if (publicKey === undefined)
        return problem('a public key that OpenSSL cannot read', ACCEPTED_KEYS)
      const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
      const name = [publicKey.asymmetricKeyType, modulusLength ?? namedCurve].join(' ').trim()
      try {
        signingAlgorithmOf(publicKey)
      } catch (error) {
        if (!(error instanceof RolesAnywhereError)) throw error
        return problem(`${name} cannot sign CreateSession`, ACCEPTED_KEYS)
      }
      return modulusLength !== undefined && modulusLength < MIN_RSA_BITS
        ? warning(`${name} bits are few`, `use RSA with ${MIN_RSA_BITS} bits or more, or P-256`)
        : ok(name)
    },
  },
  'certificate-serial-number': {
    title: 'serial number',
    otherwise: 'It is the credential id of the signature; AWS expects a positive number.',
    family: 'config',
    judge: ({ certificate: { serialNumber } }) =>
      /^(?:-.*|0+)$/u.test(serialNumber)
        ? problem(`${serialNumber} is not positive`, REISSUE)
        : ok(serialNumber.toLowerCase()),
  },
  'certificate-subject': {
    title: 'subject',
    otherwise: 'AWS does not support an empty subject.',
    family: 'config',
    judge: ({ certificate }) => {
      // Node says `undefined` of an empty subject, against its types.
      const subject = (certificate.subject || '').replaceAll('\n', ', ')
      return subject === ''
        ? problem('empty', 'ask your CA for a certificate with a subject, such as CN=NAME')
        : ok(quoted(subject))
    },
  },
  'certificate-common-name': {
    title: 'source identity',
    otherwise:
      'AWS takes the source identity of the session from the CN; without one it is the serial number.',
    family: 'config',
    judge: ({ tagValues }) => {
      const name = tagValues.find(({ tag }) => tag === 'x509Subject/CN')?.value
      if (name === undefined) return ok('the serial number, since the subject has no CN')
      return name.length > MAX_COMMON_NAME_LENGTH
        ? problem(
            `the CN has ${name.length} characters, and ${MAX_COMMON_NAME_LENGTH} are allowed`,
            'ask your CA for a certificate with a shorter CN',
          )
        : ok(quoted(name))
    },
  },
  'certificate-tag-characters': {
    title: 'session tag characters',
    otherwise:
      'AWS leaves a session tag out without a word when its value has characters that tags may not have; a condition on it in the role’s trust policy then never matches, and the answer is 403 "Unable to assume role".',
    family: 'config',
    judge: ({ tagValues }) => {
      const odd = tagValues.filter(({ value }) => !TAG_PATTERN.test(value))
      return odd.length === 0
        ? ok('every name can be a session tag')
        : warning(
            `${odd.map(({ tag, value }) => `${tag} ${quoted(value)}`).join(', ')} cannot be a session tag`,
            'use letters, digits, spaces and _ . : / = + - @ in names, or no condition on that tag',
          )
    },
  },
  'certificate-tag-length': {
    title: 'session tag length',
    otherwise: `A session tag has at most ${MAX_TAG_LENGTH} characters; longer names make no tag, and all tags together must fit into what STS packs.`,
    family: 'config',
    judge: ({ tagValues }) => {
      const long = tagValues.filter(({ value }) => value.length > MAX_TAG_LENGTH)
      return long.length === 0
        ? ok('every name is short enough')
        : warning(
            long.map(({ tag, value }) => `${tag} has ${value.length} characters`).join(', '),
            `shorten it to ${MAX_TAG_LENGTH} characters, or use no condition on that tag`,
          )
    },
  },
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Whole days from two on, else hours. */
function days(ms: number): string {
  const hours = Math.floor(ms / 3_600_000)
  return ms < 2 * DAY_MS ? `${hours} h` : `${Math.floor(ms / DAY_MS)} days`
}
