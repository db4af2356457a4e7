/**
 * Every way from a leaf to the trust anchor through the certificates that a client sent.
 *
 * The order they came in means nothing, and leaf or root among them does no harm. What a path is worth
 * is validate-path.ts's question. A client could send certificates that all sign each other, so
 * signatures are computed once for each pair and the search ends after a number of steps.
 *
 * @see RFC 4158
 * @module
 */

import type { Certificate } from './certificate.ts'
import { isSameName } from './names.ts'

/** Five certificates that all sign each other make some 300 steps. */
const MAX_STEPS = 1000

/** From the leaf upwards; the last one is a certificate of the trust anchor. */
export type CertificatePath = readonly Certificate[]

export interface FoundPaths {
  readonly paths: readonly CertificatePath[]
  /** The certificate furthest from the leaf whose issuer was looked for in vain. */
  readonly deadEnd: Certificate
  /** Whether the search was given up. */
  readonly givenUp: boolean
}

export function buildPaths(
  leaf: Certificate,
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
): FoundPaths {
  const candidates = withoutRepeats([...anchors, ...chain])
  const signs = rememberedSignatures()
  const paths: CertificatePath[] = []
  let deadEnd: CertificatePath = [leaf]
  let steps = 0
  const extend = (path: CertificatePath, last: Certificate): void => {
    steps += 1
    if (steps > MAX_STEPS) return
    if (anchors.some((anchor) => isSame(anchor, last))) {
      paths.push(path)
      return
    }
    const issuers = candidates.filter(
      (candidate) =>
        !path.some((member) => isSame(member, candidate)) &&
        isSameName(last.issuerName, candidate.subjectName) &&
        signs(candidate, last),
    )
    if (issuers.length === 0 && path.length > deadEnd.length) deadEnd = path
    for (const issuer of issuers) extend([...path, issuer], issuer)
  }
  extend([leaf], leaf)
  return { paths, deadEnd: deadEnd.at(-1) ?? leaf, givenUp: steps > MAX_STEPS }
}

function rememberedSignatures(): (issuer: Certificate, certificate: Certificate) => boolean {
  const known = new Map<Certificate, Map<Certificate, boolean>>()
  return (issuer, certificate) => {
    const verdicts = known.get(issuer) ?? new Map<Certificate, boolean>()
    known.set(issuer, verdicts)
    const verdict = verdicts.get(certificate) ?? certificate.isSignedBy(issuer)
    verdicts.set(certificate, verdict)
    return verdict
  }
}

function withoutRepeats(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(
    (certificate, index) => certificates.findIndex((other) => isSame(other, certificate)) === index,
  )
}

export function isSame(one: Certificate, other: Certificate): boolean {
  return one.der.equals(other.der)
}
