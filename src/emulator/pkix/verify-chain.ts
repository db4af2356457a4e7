/**
 * Whether a leaf certificate leads to the trust anchor, by PKIX path validation.
 *
 * One good path is enough. Where every path has a fault, the fault of the one that held longest, seen
 * from the anchor, is told; where there is no path, the issuer that is missing.
 *
 * @see RFC 5280 section 6.1
 * @see IAM Roles Anywhere User Guide, "Trust model"
 * @module
 */

import { Refusal } from '../refusal.ts'
import { buildPaths } from './build-paths.ts'
import { nameOf, type Certificate } from './certificate.ts'
import type { TrustAnchor } from './trust-anchor.ts'
import { pathFault, type PathFault } from './validate-path.ts'

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
  const found = buildPaths(leaf, chain, anchor.certificates)
  let furthest: PathFault | undefined
  for (const path of found.paths) {
    const fault = pathFault(path, anchor, now)
    if (fault === undefined) return
    if (furthest === undefined || fault.depth > furthest.depth) furthest = fault
  }
  throw furthest?.refusal ?? missingIssuer(found.deadEnd, found.givenUp)
}

function missingIssuer(certificate: Certificate, givenUp: boolean): Refusal {
  const reason = givenUp
    ? `the certificates sent lead in so many ways that the search for one from ${nameOf(certificate)} was given up`
    : `neither the trust anchor nor the chain holds the issuer "${certificate.issuer}" ` +
      `of the certificate ${nameOf(certificate)}`
  return new Refusal('untrusted-certificate', reason)
}
