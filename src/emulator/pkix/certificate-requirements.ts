/**
 * What Roles Anywhere demands of a certificate beyond its place in a chain: one row each.
 *
 * Leaves out what the standard demands of issuers alone, such as key identifiers or which extension is
 * to be critical: a reader has no duty there, and homemade authorities work at AWS without.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model"
 * @see RFC 5280 sections 4.1, 4.2 and 6.1
 * @module
 */

import type { Certificate } from './certificate.ts'
import { OIDS } from './extensions.ts'
import type { Leniency, RuleName } from './rules.ts'

export interface Requirement {
  isMet(certificate: Certificate): boolean
  /** Completes "the certificate …". */
  readonly unmet: string
  /** The rule that switches it off; always kept when absent. */
  readonly rule?: RuleName
}

const COMMON_REQUIREMENTS: readonly Requirement[] = [
  { isMet: ({ version }) => version === 3, unmet: 'is not an X.509 version 3 certificate' },
  {
    isMet: ({ signatureHash }) => !WEAK_HASHES.has(signatureHash ?? ''),
    unmet: 'is signed with a hash weaker than SHA-256',
  },
  {
    isMet: ({ algorithmsAgree }) => algorithmsAgree,
    unmet: 'names two different signature algorithms',
  },
  { isMet: ({ subject }) => subject !== '', unmet: 'has an empty subject' },
  { isMet: ({ issuer }) => issuer !== '', unmet: 'has an empty issuer' },
  {
    isMet: ({ publicKey }) => publicKey !== undefined,
    unmet: 'has a public key that cannot be read',
  },
  {
    isMet: ({ extensions: { oids } }) => new Set(oids).size === oids.length,
    unmet: 'has an extension twice',
    rule: 'duplicate-extensions',
  },
  {
    isMet: ({ extensions: { critical } }) => critical.every((oid) => UNDERSTOOD.has(oid)),
    unmet: 'has a critical extension that is not known here',
    rule: 'critical-extensions',
  },
  {
    isMet: ({ extensions: { critical, policyQualifiers = [] } }) =>
      !critical.includes(OIDS.certificatePolicies) ||
      policyQualifiers.every((kind) => KNOWN_QUALIFIERS.has(kind)),
    unmet: 'has critical policies with a qualifier that is not known here',
    rule: 'critical-extensions',
  },
]

export const LEAF_REQUIREMENTS: readonly Requirement[] = [
  ...COMMON_REQUIREMENTS,
  {
    isMet: ({ extensions }) => extensions.basicConstraints?.isCa !== true,
    unmet: 'is a CA certificate',
  },
  {
    isMet: ({ extensions }) => extensions.basicConstraints !== undefined,
    unmet: 'has no basicConstraints extension',
    rule: 'leaf-basic-constraints',
  },
  {
    isMet: ({ extensions }) => extensions.basicConstraints?.pathLength === undefined,
    unmet: 'has a path length, which is for CAs',
    rule: 'leaf-basic-constraints',
  },
  {
    isMet: ({ extensions }) => extensions.keyUsage !== undefined,
    unmet: 'has no keyUsage extension',
  },
  {
    isMet: (certificate) => allows(certificate, KEY_USAGE.digitalSignature),
    unmet: 'has a keyUsage extension without digitalSignature',
  },
  {
    isMet: (certificate) => !allows(certificate, KEY_USAGE.keyCertSign),
    unmet: 'may sign certificates by its keyUsage, and is no CA',
    rule: 'leaf-key-cert-sign',
  },
  {
    isMet: ({ extensions: { extendedKeyUsage } }) =>
      extendedKeyUsage?.some((use) => CLIENT_USES.has(use)) !== false,
    unmet: 'has an extendedKeyUsage extension without clientAuth',
    rule: 'extended-key-usage',
  },
]

export const CA_REQUIREMENTS: readonly Requirement[] = [
  ...COMMON_REQUIREMENTS,
  {
    isMet: ({ extensions }) => extensions.basicConstraints?.isCa === true,
    unmet: 'is not a CA certificate',
  },
  {
    isMet: (certificate) => allows(certificate, KEY_USAGE.keyCertSign),
    unmet: 'has no keyUsage extension with keyCertSign',
  },
]

/** Bits of keyUsage that are asked about. */
export const KEY_USAGE = { digitalSignature: 1 << 0, keyCertSign: 1 << 5, cRLSign: 1 << 6 } as const

/** What the first requirement that is not met says, or undefined when all are. */
export function firstUnmet(
  requirements: readonly Requirement[],
  certificate: Certificate,
  lenient: Leniency,
): string | undefined {
  return requirements.find(
    (requirement) =>
      !(requirement.rule !== undefined && lenient.has(requirement.rule)) &&
      !requirement.isMet(certificate),
  )?.unmet
}

export function allows({ extensions }: Certificate, flag: number): boolean {
  return ((extensions.keyUsage ?? 0) & flag) !== 0
}

const WEAK_HASHES: ReadonlySet<string> = new Set(['MD2', 'MD4', 'MD5', 'SHA-1', 'SHA-224'])

/** Extensions whose being critical is no reason to refuse: each is processed, or asks for nothing. */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(OIDS))

const CLIENT_USES: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.3.2', // clientAuth
  '2.5.29.37.0', // anyExtendedKeyUsage
])

const KNOWN_QUALIFIERS: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.2.1', // where the practice statement is
  '1.3.6.1.5.5.7.2.2', // a text to show
])
