/**
 * What will be sent between the certificate and the trust anchor, and whether AWS can build a path
 * from it.
 *
 * @see RFC 5280 section 6.1; IAM Roles Anywhere User Guide, "Trust model"; protocol-facts.md 3.1
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { MAX_CHAIN_LENGTH } from '../core/certificate-headers.ts'
import type { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import { isValid } from '../identity/certificate/choose-certificate.ts'
import { ok, problem, warning, type Checks } from './check.ts'
import type { CertificateFacts } from './certificate-facts.ts'
import { told } from './failures.ts'
import { hasIssued, type NearbyIssuer } from './issuers-nearby.ts'

export interface ChainFacts {
  readonly leaf: X509Certificate
  /** What is sent beside the leaf: from its issuer upwards, without the root. */
  readonly chain: readonly CertificateFacts[]
  /** Everything that the settings name besides the leaf. */
  readonly given: readonly X509Certificate[]
  /** Certificates above the last that is sent, in files beside; from its issuer upwards. */
  readonly nearby: readonly NearbyIssuer[]
  /** Whether AWS has said that it does not trust this chain. */
  readonly isUntrusted: boolean
  /** By the clock here, in milliseconds. */
  readonly now: number
}

export interface ChainCheckFacts extends ChainFacts {
  readonly failures: readonly RolesAnywhereError[]
}

export const CHAIN_CHECKS: Checks<ChainCheckFacts> = {
  'chain-readable': {
    title: 'intermediates',
    otherwise: 'Every command ends with this error.',
    family: 'config',
    judge: (facts) => told('chain-readable', facts) ?? ok('none are named, or they can be read'),
  },
  'chain-sent': {
    title: 'chain sent',
    otherwise:
      '403 "Untrusted signing certificate" when the trust anchor is further away than the last of these.',
    family: 'config',
    judge: ({ chain }) => ok(sentWords(chain)),
  },
  'chain-anchor': {
    title: 'trust anchor',
    otherwise:
      '403 "Untrusted signing certificate": the CA named here is neither the trust anchor nor certified by anything that was sent.',
    family: 'config',
    judge: ({ leaf, chain, given, isUntrusted }) => {
      const top = chain.at(-1)?.certificate ?? leaf
      const issuer = quoted(top.issuer.replaceAll('\n', ', '))
      if (isUntrusted) {
        return problem(
          `AWS has no trust anchor ${issuer} (chain sent: ${sentWords(chain)})`,
          says`put the certificate of ${issuer} into the file of ${setting('intermediates')}${sourceOf(top)}, or make it the trust anchor`,
        )
      }
      const root = given.find((other) => isSelfIssued(other) && hasIssued(other, top))
      return root === undefined
        ? ok(`AWS must have ${issuer} as the trust anchor`)
        : ok(`ends at the root ${issuer}, which stays here: AWS must have it, or one below it`)
    },
  },
  'chain-issuer': {
    title: 'missing intermediate',
    otherwise:
      '403 "Untrusted signing certificate": AWS looks for no certificate by itself, it must be sent.',
    family: 'config',
    judge: ({ leaf, chain, nearby }) => {
      const [first] = nearby
      if (first === undefined) return ok('no file beside has one that is not sent')
      const below = chain.at(-1)?.certificate ?? leaf
      return warning(
        `${nameOf(first.certificate)} issued ${nameOf(below)} and lies in "${first.path}", and is not sent (chain sent: ${sentWords(chain)})`,
        says`give ${setting('intermediates', first.path)}`,
      )
    },
  },
  'chain-strangers': {
    title: 'other certificates',
    otherwise: 'They are left out; an intermediate of another CA does not help.',
    family: 'config',
    judge: ({ chain, given }) => {
      const used = new Set(chain.map(({ certificate }) => certificate.fingerprint256))
      const strangers = given.filter(
        (other) => !used.has(other.fingerprint256) && !isSelfIssued(other),
      )
      return strangers.length === 0
        ? ok('none')
        : warning(
            `${strangers.map(nameOf).join(', ')} did not issue this certificate`,
            says`check that ${setting('intermediates')} belongs to this certificate`,
          )
    },
  },
  'chain-length': {
    title: 'chain length',
    otherwise: `AWS takes at most ${MAX_CHAIN_LENGTH} certificates beside the leaf.`,
    family: 'config',
    judge: ({ chain }) =>
      chain.length > MAX_CHAIN_LENGTH
        ? problem(
            `${chain.length} intermediates, and ${MAX_CHAIN_LENGTH} are allowed`,
            'make an intermediate the trust anchor',
          )
        : ok(String(chain.length)),
  },
  'chain-dates': {
    title: 'dates of the chain',
    otherwise: 'AWS refuses a path through an intermediate outside its dates with 403.',
    family: 'config',
    judge: ({ chain, now }) => {
      const outside = chain.filter(({ certificate }) => !isValid(certificate, now))
      return outside.length === 0
        ? ok('all valid now')
        : problem(
            `${outside.map(({ certificate }) => nameOf(certificate)).join(', ')} is outside its dates`,
            'get the renewed intermediate from your CA',
          )
    },
  },
  'chain-ca': {
    title: 'intermediates are CAs',
    otherwise: 'AWS refuses a path through a certificate that may not issue others with 403.',
    family: 'config',
    judge: ({ chain }) => {
      const wrong = chain.filter(
        ({ isCa, keyUsage }) => isCa !== true || keyUsage?.includes('keyCertSign') === false,
      )
      return wrong.length === 0
        ? ok('all may issue certificates')
        : problem(
            `${wrong.map(({ certificate }) => nameOf(certificate)).join(', ')} may not issue certificates`,
            'get the right intermediate from your CA: CA true and keyUsage keyCertSign',
          )
    },
  },
  'chain-hash': {
    title: 'hashes of the chain',
    otherwise: 'AWS refuses intermediates that are signed with MD5 or SHA-1 with 403.',
    family: 'config',
    judge: ({ chain }) => {
      const weak = chain.filter(({ certificate }) =>
        /md5|sha-?1(?!\d)/iu.test(certificate.signatureAlgorithm ?? ''),
      )
      return weak.length === 0
        ? ok('SHA-256 or better')
        : problem(
            `${weak.map(({ certificate }) => nameOf(certificate)).join(', ')} is signed with MD5 or SHA-1`,
            'have the intermediate issued again with SHA-256 or better',
          )
    },
  },
}

function sentWords(chain: ChainFacts['chain']): string {
  return chain.length === 0
    ? 'none'
    : chain.map(({ certificate }) => nameOf(certificate)).join(', then ')
}

/** Where the certificate itself says that its issuer's can be had: RFC 5280 section 4.2.2.1. */
function sourceOf({ infoAccess }: X509Certificate): string {
  const url = /^CA Issuers - URI:(.+)$/mu.exec(infoAccess ?? '')?.[1]
  return url === undefined ? '' : ` (it can be had at ${quoted(url)})`
}

function nameOf({ subject }: X509Certificate): string {
  return quoted((subject || 'no subject').replaceAll('\n', ', '))
}

function isSelfIssued({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer
}
