/**
 * Whether a leaf certificate leads to the trust anchor, by PKIX path validation.
 *
 * The chain a client sends may be in any order and may hold the leaf or the root too; what counts is
 * that some path of signatures ends at the anchor. Where every path has a fault, the fault of the path
 * that came furthest is told.
 *
 * @see RFC 5280 section 6.1
 * @see IAM Roles Anywhere User Guide, "Trust model"
 * @module
 */

import { CA_REQUIREMENTS, LEAF_REQUIREMENTS, firstUnmet } from './certificate-requirements.ts'
import { nameOf, serialHex, type Certificate } from './certificate.ts'
import { Refusal } from './refusal.ts'
import type { TrustAnchor } from './trust-anchor.ts'

/**
 * Returns when `leaf` may create sessions at the time `now` (milliseconds since the epoch).
 *
 * @throws {Refusal} untrusted-certificate, insufficient-certificate, certificate-expired,
 *   certificate-not-yet-valid, certificate-revoked
 */
export function verifyChain(
  leaf: Certificate,
  chain: readonly Certificate[],
  anchor: TrustAnchor,
  now: number,
): void {
  const search: Search = {
    candidates: [...anchor.certificates, ...chain],
    anchor,
    now,
    furthest: { depth: 0, refusal: missingIssuer(leaf) },
  }
  if (!leadsToAnchor([leaf], search)) throw search.furthest.refusal
  const unmet = firstUnmet(LEAF_REQUIREMENTS, leaf)
  if (unmet !== undefined) {
    throw new Refusal('insufficient-certificate', `the certificate ${nameOf(leaf)} ${unmet}`)
  }
  const refusal = untimely(leaf, now) ?? revoked(leaf, anchor)
  if (refusal !== undefined) throw refusal
}

interface Search {
  readonly candidates: readonly Certificate[]
  readonly anchor: TrustAnchor
  readonly now: number
  /** Why the path that came furthest ended. */
  furthest: { readonly depth: number; readonly refusal: Refusal }
}

/** Whether `path`, which starts with the leaf, can be continued to one of the anchor's certificates. */
function leadsToAnchor(path: readonly Certificate[], search: Search): boolean {
  const last = path[path.length - 1]
  if (last === undefined) return false
  if (search.anchor.certificates.some((trusted) => isSame(trusted, last))) return true
  const issuers = search.candidates.filter(
    (candidate) =>
      !path.some((member) => isSame(member, candidate)) &&
      last.issuer === candidate.subject &&
      last.isSignedBy(candidate),
  )
  if (issuers.length === 0) note(search, path.length, missingIssuer(last))
  return issuers.some((issuer) => {
    const refusal = unfitIssuer(issuer, path, search)
    if (refusal !== undefined) note(search, path.length, refusal)
    return refusal === undefined && leadsToAnchor([...path, issuer], search)
  })
}

function note(search: Search, depth: number, refusal: Refusal): void {
  if (depth > search.furthest.depth) search.furthest = { depth, refusal }
}

function unfitIssuer(
  issuer: Certificate,
  below: readonly Certificate[],
  { anchor, now }: Search,
): Refusal | undefined {
  const unmet = firstUnmet(CA_REQUIREMENTS, issuer) ?? unmetPathLength(issuer, below)
  if (unmet !== undefined) {
    return new Refusal('untrusted-certificate', `the issuer ${nameOf(issuer)} ${unmet}`)
  }
  return untimely(issuer, now) ?? revoked(issuer, anchor)
}

function missingIssuer(certificate: Certificate): Refusal {
  return new Refusal(
    'untrusted-certificate',
    `neither the trust anchor nor the chain holds the issuer "${certificate.issuer}" ` +
      `of the certificate ${nameOf(certificate)}`,
  )
}

/** How many intermediates may follow below an issuer; self-issued ones do not count. */
function unmetPathLength(issuer: Certificate, below: readonly Certificate[]): string | undefined {
  const intermediates = below.slice(1).filter(({ subject, issuer: name }) => subject !== name)
  return issuer.pathLength !== undefined && intermediates.length > issuer.pathLength
    ? `allows ${issuer.pathLength} CA certificates below it, and there are ${intermediates.length}`
    : undefined
}

function untimely(certificate: Certificate, now: number): Refusal | undefined {
  if (now > certificate.notAfter) {
    const since = new Date(certificate.notAfter).toISOString()
    const reason = `the certificate ${nameOf(certificate)} expired at ${since}`
    return new Refusal('certificate-expired', reason)
  }
  if (now < certificate.notBefore) {
    const from = new Date(certificate.notBefore).toISOString()
    const reason = `the certificate ${nameOf(certificate)} is not valid before ${from}`
    return new Refusal('certificate-not-yet-valid', reason)
  }
  return undefined
}

function revoked(certificate: Certificate, anchor: TrustAnchor): Refusal | undefined {
  const name = `${nameOf(certificate)} (serial number ${serialHex(certificate)})`
  return anchor.isRevoked(certificate)
    ? new Refusal('certificate-revoked', `the certificate ${name} is revoked`)
    : undefined
}

function isSame(one: Certificate, other: Certificate): boolean {
  return one.der.equals(other.der)
}
