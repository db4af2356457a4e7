/**
 * One path from the trust anchor down to the leaf, held against every rule of path validation.
 *
 * The anchor is held to what a CA of the path is held to, its validity and name constraints included:
 * the standard leaves that open, and those who constrain a root mean it.
 *
 * @see RFC 5280 section 6.1
 * @see RFC 5937
 * @module
 */

import { Refusal, type RefusalKind } from '../refusal.ts'
import type { CertificatePath } from './build-paths.ts'
import { CA_REQUIREMENTS, LEAF_REQUIREMENTS, firstUnmet } from './certificate-requirements.ts'
import { nameOf, serialHex, type Certificate } from './certificate.ts'
import type { GeneralName } from './general-names.ts'
import { brokenConstraint, type NameConstraints } from './name-constraints.ts'
import { isSameName } from './names.ts'
import { initialPolicyState, nextPolicyState, type PolicyState } from './policies.ts'
import type { TrustAnchor } from './trust-anchor.ts'

/** What is wrong with a path, and how far from the anchor it was found. */
export interface PathFault {
  readonly depth: number
  readonly refusal: Refusal
}

/** @param now Milliseconds since the epoch. */
export function pathFault(
  path: CertificatePath,
  anchor: TrustAnchor,
  now: number,
): PathFault | undefined {
  const downwards = path.toReversed()
  let below: Above = {
    constraints: [],
    policies: initialPolicyState(downwards.length - 1),
    pathLengths: [],
  }
  for (const [depth, certificate] of downwards.entries()) {
    const next = step(certificate, below, {
      anchor,
      now,
      isAnchor: depth === 0,
      isLeaf: depth === downwards.length - 1,
    })
    if (next instanceof Refusal) return { depth, refusal: next }
    below = next
  }
  return undefined
}

/** What the certificates so far demand of those below. */
interface Above {
  readonly constraints: readonly NameConstraints[]
  readonly policies: PolicyState
  /** How many CAs each issuer still allows below itself, with the issuer. */
  readonly pathLengths: readonly { readonly issuer: Certificate; readonly left: number }[]
}

interface Place {
  readonly anchor: TrustAnchor
  readonly now: number
  readonly isAnchor: boolean
  readonly isLeaf: boolean
}

function step(certificate: Certificate, above: Above, place: Place): Above | Refusal {
  const { anchor, now, isAnchor, isLeaf } = place
  const { lenient } = anchor
  const selfIssued = isSameName(certificate.subjectName, certificate.issuerName)
  const kind = isLeaf ? 'insufficient-certificate' : 'untrusted-certificate'
  const what = `the ${isLeaf ? 'certificate' : 'issuer'} ${nameOf(certificate)}`
  const unmet = firstUnmet(isLeaf ? LEAF_REQUIREMENTS : CA_REQUIREMENTS, certificate, lenient)
  if (unmet !== undefined) return new Refusal(kind, `${what} ${unmet}`)
  const counts = !isAnchor && !isLeaf && !selfIssued
  const exhausted = counts ? above.pathLengths.find(({ left }) => left === 0) : undefined
  if (exhausted !== undefined) {
    const { issuer } = exhausted
    const allowed = issuer.extensions.basicConstraints?.pathLength ?? 0
    const reason = `the issuer ${nameOf(issuer)} allows ${allowed} CA certificates below it, and there are more`
    return new Refusal('untrusted-certificate', reason)
  }
  const refusal = untimely(certificate, now) ?? badStatus(certificate, anchor, now)
  if (refusal !== undefined) return refusal
  if (!lenient.has('name-constraints') && (isLeaf || !selfIssued)) {
    const broken = brokenConstraint(namesOf(certificate), above.constraints)
    if (broken !== undefined) return new Refusal('untrusted-certificate', `${what} ${broken}`)
  }
  const policies = isAnchor
    ? above.policies
    : nextPolicyState(above.policies, { extensions: certificate.extensions, selfIssued, isLeaf })
  if (typeof policies === 'string' && !lenient.has('policies')) {
    return new Refusal('untrusted-certificate', `${what} ${policies}`)
  }
  return {
    constraints: [...above.constraints, ...optional(certificate.extensions.nameConstraints)],
    policies: typeof policies === 'string' ? above.policies : policies,
    pathLengths: [
      ...above.pathLengths.map(({ issuer, left }) => ({ issuer, left: left - (counts ? 1 : 0) })),
      ...optional(certificate.extensions.basicConstraints?.pathLength).map((left) => ({
        issuer: certificate,
        left,
      })),
    ],
  }
}

/** The names that constraints are about. */
function namesOf({ subjectName, subjectMail, extensions }: Certificate): readonly GeneralName[] {
  return [
    ...(subjectName.length === 0 ? [] : [{ kind: 'directory', name: subjectName } as const]),
    ...subjectMail.map((text) => ({ kind: 'email', text }) as const),
    ...(extensions.subjectAltName ?? []),
  ]
}

/** Certificates count whole seconds; the last one counts to its end. */
function untimely(certificate: Certificate, now: number): Refusal | undefined {
  const second = Math.floor(now / 1000) * 1000
  if (second > certificate.notAfter) {
    return timed('certificate-expired', certificate, 'expired at', certificate.notAfter)
  }
  if (second < certificate.notBefore) {
    return timed(
      'certificate-not-yet-valid',
      certificate,
      'is not valid before',
      certificate.notBefore,
    )
  }
  return undefined
}

function timed(kind: RefusalKind, certificate: Certificate, verb: string, at: number): Refusal {
  const reason = `the certificate ${nameOf(certificate)} ${verb} ${new Date(at).toISOString()}`
  return new Refusal(kind, reason)
}

function badStatus(
  certificate: Certificate,
  anchor: TrustAnchor,
  now: number,
): Refusal | undefined {
  const name = `${nameOf(certificate)} (serial number ${serialHex(certificate)})`
  switch (anchor.statusOf(certificate, now)) {
    case 'good':
      return undefined
    case 'revoked':
      return new Refusal('certificate-revoked', `the certificate ${name} is revoked`)
    case 'unknown': {
      const reason = `whether the certificate ${name} is revoked cannot be told: the revocation list of its issuer is out of date`
      return new Refusal('untrusted-certificate', reason)
    }
  }
}

function optional<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
