/**
 * Builds the chain of intermediates from whatever certificates are at hand, in any order.
 *
 * By issuer and signature, not by position: cert-manager, step and ACME clients all write bundles, and
 * people put them together by hand. Trust is not decided here: AWS validates the path (RFC 5280).
 *
 * @see protocol-facts.md 2.1, `X-Amz-X509-Chain`; RFC 5280 section 6.1
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { MAX_CHAIN_LENGTH } from '../../core/certificate-headers.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock, Reporter } from '../../core/ports.ts'
import { printableSubject } from './check-certificate.ts'

/**
 * The intermediates from the leaf's issuer upwards, without leaf and root.
 *
 * Duplicates vanish; a root (self-issued and self-signed) is dropped; what does not belong to the
 * chain is left out with a warning.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CHAIN_INVALID when it is longer than 5.
 */
export function buildChain(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  ports: { readonly clock: Clock; readonly reporter: Reporter },
): readonly X509Certificate[] {
  const pool = new Map(others.map((certificate) => [certificate.fingerprint256, certificate]))
  pool.delete(leaf.fingerprint256)
  const chain: X509Certificate[] = []
  let current = leaf
  for (;;) {
    const issuer = bestIssuer(current, [...pool.values()], ports.clock())
    if (issuer === undefined) break
    pool.delete(issuer.fingerprint256)
    if (isRoot(issuer)) break
    chain.push(issuer)
    if (chain.length > MAX_CHAIN_LENGTH) throw tooLong()
    current = issuer
  }
  warnOfStrangers([...pool.values()], ports.reporter)
  return chain
}

/** Of several certificates for one issuer (renewed, cross-signed) the valid one that lasts longest. */
function bestIssuer(
  subject: X509Certificate,
  candidates: readonly X509Certificate[],
  now: number,
): X509Certificate | undefined {
  return candidates
    .filter((candidate) => isIssuedBy(subject, candidate))
    .sort((a, b) => rank(b, now) - rank(a, now))[0]
}

function rank(certificate: X509Certificate, now: number): number {
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  return from <= now && now <= to ? to : to - now - Number.MAX_SAFE_INTEGER / 2
}

function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
  } catch {
    // A public key of an algorithm that OpenSSL does not know.
    return false
  }
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isIssuedBy(certificate, certificate)
}

/** A root that signed none of the chain is as harmless as one that did. */
function warnOfStrangers(left: readonly X509Certificate[], reporter: Reporter): void {
  const strangers = left.filter((certificate) => !isRoot(certificate))
  if (strangers.length === 0) return
  const names = strangers.slice(0, 3).map((certificate) => `"${printableSubject(certificate)}"`)
  const more = strangers.length > names.length ? ` and ${strangers.length - names.length} more` : ''
  reporter.warn(
    `certificates that are not part of the leaf's chain are left out: ${names.join('; ')}${more}`,
    { hint: 'check that the intermediates belong to this certificate' },
  )
}

function tooLong(): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CHAIN_INVALID',
    `the chain has more than ${MAX_CHAIN_LENGTH} intermediate certificates`,
    { hint: 'make an intermediate the trust anchor, or leave out what is above the trust anchor' },
  )
}
