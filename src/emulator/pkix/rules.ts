/**
 * The rules whose hold at the real service nobody has shown: each is kept strictly, and can be switched
 * off by name for whoever knows better.
 *
 * What the user guide demands in so many words (version 3, CA flags, keyUsage, SHA-256, validity,
 * revocation) is no row here: it is always kept.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model" and "Signing process for CreateSession"
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'

export interface Rule {
  /** What is refused while the rule holds; completes "refused is …". */
  readonly refused: string
  /** Where the rule comes from. */
  readonly source: string
  /** What is known of the service. */
  readonly service: string
}

export const RULES = {
  'leaf-basic-constraints': {
    refused: 'a leaf without basicConstraints',
    source: 'User Guide, "Signing process": basic constraints must include CA: false',
    service: 'the guide\'s "Trust model" can be read as asking only that they do not say CA: true',
  },
  'leaf-key-cert-sign': {
    refused: 'a leaf whose keyUsage allows keyCertSign',
    source: 'RFC 5280, 4.2.1.3 and 4.2.1.9',
    service: 'not known',
  },
  'extended-key-usage': {
    refused: 'a leaf with an extendedKeyUsage that allows neither clientAuth nor every use',
    source: 'RFC 5280, 4.2.1.12',
    service:
      'the guide asks for no extendedKeyUsage; whether one for servers only is refused is not known',
  },
  'duplicate-extensions': {
    refused: 'a certificate with the same extension twice',
    source: 'RFC 5280, 4.2',
    service: 'not known',
  },
  'critical-extensions': {
    refused: 'a critical extension that is not understood here',
    source: 'RFC 5280, 4.2',
    service: 'not known; the guide says that paths are validated as in PKIX',
  },
  'name-constraints': {
    refused: 'a name outside the name constraints of a CA above, the trust anchor included',
    source: 'RFC 5280, 4.2.1.10 and 6.1.3; RFC 5937 for the anchor',
    service: 'not known; the guide says that paths are validated as in PKIX',
  },
  policies: {
    refused: 'a path without the certificate policy that a CA of it demands',
    source: 'RFC 5280, 6.1.3 to 6.1.5',
    service: 'not known; the guide says that paths are validated as in PKIX',
  },
  'crl-sign': {
    refused: 'a revocation list of a CA whose keyUsage lacks cRLSign',
    source: 'RFC 5280, 6.3.3 (f)',
    service: 'the guide calls cRLSign optional for a trust anchor; of lists it says nothing',
  },
  'crl-number': {
    refused: 'a revocation list without a number, or with a critical one',
    source: 'RFC 5280, 5.2.3',
    service: 'not known',
  },
  'crl-dates': {
    refused: 'every certificate of a CA whose revocation list is out of date',
    source: 'RFC 5280, 6.3.3 (a)',
    service: 'not known',
  },
} as const satisfies Readonly<Record<string, Rule>>

export type RuleName = keyof typeof RULES

/** The rules that are switched off. */
export type Leniency = ReadonlySet<RuleName>

/** @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE */
export function parseLeniency(names: readonly string[]): Leniency {
  return new Set(
    names.map((name) => {
      if (isRule(name)) return name
      throw new RolesAnywhereError(
        'ERR_USAGE_INVALID_VALUE',
        says`"${name}" is no rule that ${setting('lenient')} can switch off`,
        {
          hint: `rules are ${Object.keys(RULES).join(', ')}`,
        },
      )
    }),
  )
}

function isRule(name: string): name is RuleName {
  return Object.hasOwn(RULES, name)
}
