/**
 * Which of several certificates is meant: what a leaf is, and which of several leaves is taken.
 *
 * With a private key at hand the leaf is the certificate that has its public key, wherever it stands.
 * Several may have it (a renewed certificate may keep its key), or many pairs may lie in one folder, or
 * there is no key to go by. Then, here and nowhere else: **a leaf is no CA certificate and has issued none
 * of the others**, and of several leaves the one that is valid now and stays so for the longest time is
 * taken, if one is to be taken at all.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { notAfter, notBefore } from './dates.ts'

/** Whether a certificate is one that a CA would issue to a client. */
export function isForClients(certificate: X509Certificate): boolean {
  return !certificate.ca
}

/**
 * The leaves, in the order given. Where nothing is a leaf, what comes nearest to one: a self-signed
 * certificate beside its renewal has by its name issued that; of CA certificates alone the lowest.
 */
export function leavesAmong(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const clients = certificates.filter(isForClients)
  const lowest = certificates.filter(
    (candidate) =>
      !certificates.some((other) => other !== candidate && other.checkIssued(candidate)),
  )
  const leaves = lowest.filter(isForClients)
  return [leaves, clients, lowest].find((found) => found.length > 0) ?? certificates
}

/** Orders certificates: valid ones first, and of those, as of the others, the last to expire first. */
export function byLifetime(now: number): (a: X509Certificate, b: X509Certificate) => number {
  return (a, b) => Number(isValid(b, now)) - Number(isValid(a, now)) || endOf(b) - endOf(a)
}

/** What ends at no date at all comes last. */
function endOf(certificate: X509Certificate): number {
  return notAfter(certificate)?.getTime() ?? 0
}

/** The first by lifetime; of equals the first given. */
export function longestLasting(
  certificates: readonly X509Certificate[],
  now: number,
): X509Certificate | undefined {
  return certificates.toSorted(byLifetime(now))[0]
}

export function isValid(certificate: X509Certificate, now: number): boolean {
  const [from, to] = [notBefore(certificate), notAfter(certificate)]
  return from !== undefined && to !== undefined && from.getTime() <= now && now <= to.getTime()
}
