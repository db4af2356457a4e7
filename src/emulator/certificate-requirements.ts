/**
 * What Roles Anywhere demands of a certificate beyond its place in a chain: one row each.
 *
 * Leaves out name constraints and policies: whether the service evaluates them is not known, so a
 * certificate that carries them is neither held to them nor refused for them.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model"
 * @see RFC 5280 sections 4.2 and 6.1
 * @module
 */

import type { Certificate } from './certificate.ts'
import { x509 } from './x509-engine.ts'

export interface Requirement {
  isMet(certificate: Certificate): boolean
  /** Completes "the certificate …". */
  readonly unmet: string
}

const COMMON_REQUIREMENTS: readonly Requirement[] = [
  { isMet: ({ version }) => version === 3, unmet: 'is not an X.509 version 3 certificate' },
  {
    isMet: ({ signatureHash }) => !WEAK_HASHES.has(signatureHash ?? ''),
    unmet: 'is signed with a hash weaker than SHA-256',
  },
  { isMet: ({ subject }) => subject !== '', unmet: 'has an empty subject' },
  {
    isMet: ({ criticalExtensions }) => criticalExtensions.every((oid) => KNOWN_EXTENSIONS.has(oid)),
    unmet: 'has a critical extension that is not known here',
  },
]

export const LEAF_REQUIREMENTS: readonly Requirement[] = [
  ...COMMON_REQUIREMENTS,
  { isMet: ({ isCa }) => isCa !== true, unmet: 'is a CA certificate' },
  { isMet: ({ keyUsage }) => keyUsage !== undefined, unmet: 'has no keyUsage extension' },
  {
    isMet: ({ keyUsage }) => allows(keyUsage, x509.KeyUsageFlags.digitalSignature),
    unmet: 'has a keyUsage extension without digitalSignature',
  },
]

export const CA_REQUIREMENTS: readonly Requirement[] = [
  ...COMMON_REQUIREMENTS,
  { isMet: ({ isCa }) => isCa === true, unmet: 'is not a CA certificate' },
  {
    isMet: ({ keyUsage }) => allows(keyUsage, x509.KeyUsageFlags.keyCertSign),
    unmet: 'has no keyUsage extension with keyCertSign',
  },
]

/** What the first requirement that is not met says, or undefined when all are. */
export function firstUnmet(
  requirements: readonly Requirement[],
  certificate: Certificate,
): string | undefined {
  return requirements.find((requirement) => !requirement.isMet(certificate))?.unmet
}

function allows(keyUsage: number | undefined, flag: number): boolean {
  return ((keyUsage ?? 0) & flag) !== 0
}

const WEAK_HASHES: ReadonlySet<string> = new Set(['MD2', 'MD4', 'MD5', 'SHA-1', 'SHA-224'])

/** Extensions whose being critical is no reason to refuse. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
])
