/**
 * Builds the chain of intermediates from whatever certificates are at hand, in any order.
 *
 * By issuer and signature, not by position: cert-manager, step and ACME clients all write bundles, and
 * people put them together by hand. An authority may have several certificates (renewed, or cross-signed
 * by another one), so there may be several paths upwards. Trust is not decided here: AWS validates the
 * path (RFC 5280).
 *
 * @see protocol-facts.md 2.1, `X-Amz-X509-Chain`; RFC 5280 section 6.1; RFC 4158 (path building)
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { MAX_CHAIN_LENGTH } from '../../core/certificate-headers.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock, Reporter } from '../../core/ports.ts'
import { byLifetime, isValid } from './choose-certificate.ts'
import { hasDates } from './dates.ts'
import { subjectOf } from './names.ts'
import { publicKeyOf } from './public-key.ts'

/** More ways upwards than an honest bundle has; further ones are not tried. */
const MAX_PATHS = 256

/**
 * The intermediates from the leaf's issuer upwards, without leaf and root.
 *
 * Of several paths the one is taken that is valid now and ends at a root (self-issued and self-signed,
 * and dropped), else the one that uses most of what was given, else the one that lasts longest.
 * Duplicates vanish; what belongs to no path is left out with a warning.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CHAIN_INVALID when every path is longer than 5, or the best one
 *   has a certificate whose public key or dates cannot be read.
 */
export function buildChain(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  ports: { readonly clock: Clock; readonly reporter: Reporter },
): readonly X509Certificate[] {
  const now = ports.clock()
  const issuers = new Issuers(leaf, others, now)
  const paths = pathsAbove([leaf], issuers).take(MAX_PATHS)
  const { links, end } = paths.reduce((best, path) => (isBetter(path, best, now) ? path : best))
  if (links.length > MAX_CHAIN_LENGTH) throw tooLong()
  const undated = links.find((link) => !hasDates(link))
  if (undated !== undefined) throw unreadable(undated, 'a date that is none')
  const keyless = end === 'open' ? issuers.unreadableOf(links.at(-1) ?? leaf) : undefined
  if (keyless !== undefined) throw unreadable(keyless, 'a public key that OpenSSL cannot read')
  warnOfStrangers(issuers.neverMet(), ports.reporter)
  return links
}

/** A way from the leaf upwards that goes no further. */
interface Path {
  /** Without leaf and root. */
  readonly links: readonly X509Certificate[]
  readonly end: keyof typeof ENDS
}

/** Why it goes no further, with the weight of that: the issuer is in the path already, absent, or a root. */
const ENDS = { circle: 0, open: 1, root: 2 } as const

/** Every path above the last of `below`, those over the longest-lasting issuers first; at least one. */
function* pathsAbove(below: readonly X509Certificate[], issuers: Issuers): Generator<Path> {
  const current = below.at(-1)
  const links = below.slice(1)
  const found = current === undefined || links.length > MAX_CHAIN_LENGTH ? [] : issuers.of(current)
  const next = found.filter((issuer) => !below.some((one) => isSameHolder(one, issuer)))
  if (next.length === 0) yield { links, end: found.length === 0 ? 'open' : 'circle' }
  for (const issuer of next) {
    if (isRoot(issuer)) yield { links, end: 'root' }
    else yield* pathsAbove([...below, issuer], issuers)
  }
}

function isBetter(one: Path, other: Path, now: number): boolean {
  const [mine, theirs] = [rank(one, now), rank(other, now)]
  const index = mine.findIndex((value, at) => value !== theirs[at])
  return index !== -1 && (mine[index] ?? 0) > (theirs[index] ?? 0)
}

/** What makes a path the better one, the weightiest first. */
function rank({ links, end }: Path, now: number): readonly number[] {
  return [
    Number(links.length <= MAX_CHAIN_LENGTH),
    Number(links.every((link) => isValid(link, now))),
    ENDS[end],
    end === 'root' ? 0 : links.length,
  ]
}

/** Who issued whom among the certificates given; every signature is verified once. */
class Issuers {
  readonly #now: number
  readonly #pool: readonly X509Certificate[]
  readonly #known = new Map<X509Certificate, readonly X509Certificate[]>()

  constructor(leaf: X509Certificate, others: readonly X509Certificate[], now: number) {
    this.#now = now
    const pool = new Map(others.map((certificate) => [certificate.fingerprint256, certificate]))
    pool.delete(leaf.fingerprint256)
    this.#pool = [...pool.values()]
  }

  /** The longest-lasting first. */
  of(subject: X509Certificate): readonly X509Certificate[] {
    const known = this.#known.get(subject)
    if (known !== undefined) return known
    const found = this.#pool
      .filter((candidate) => isIssuedBy(subject, candidate))
      .sort(byLifetime(this.#now))
    this.#known.set(subject, found)
    return found
  }

  /** An intermediate that by its name issued it, and whose key cannot be read to verify that. */
  unreadableOf({ issuer }: X509Certificate): X509Certificate | undefined {
    return this.#pool.find(
      (candidate) =>
        candidate.subject === issuer &&
        candidate.subject !== candidate.issuer &&
        publicKeyOf(candidate) === undefined,
    )
  }

  neverMet(): readonly X509Certificate[] {
    const met = new Set([...this.#known.values()].flat())
    return this.#pool.filter((certificate) => !met.has(certificate))
  }
}

function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
  } catch {
    // A public key of an algorithm that OpenSSL does not know.
    return false
  }
}

/** Whether two certificates are of one authority: a path that came back to it would go in a circle. */
function isSameHolder(one: X509Certificate, other: X509Certificate): boolean {
  return one.subject === other.subject && spki(one).equals(spki(other))
}

function spki({ publicKey }: X509Certificate): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' })
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isIssuedBy(certificate, certificate)
}

/** A root that signed none of the chain is as harmless as one that did. */
function warnOfStrangers(left: readonly X509Certificate[], reporter: Reporter): void {
  const strangers = left.filter((certificate) => !isRoot(certificate))
  if (strangers.length === 0) return
  const names = strangers.slice(0, 3).map((certificate) => `"${subjectOf(certificate)}"`)
  const more = strangers.length > names.length ? ` and ${strangers.length - names.length} more` : ''
  reporter.warn(
    `certificates that are not part of the leaf's chain are left out: ${names.join('; ')}${more}`,
    { hint: 'check that the intermediates belong to this certificate' },
  )
}

/** AWS could not follow the path either, and would not say at which certificate. */
function unreadable(certificate: X509Certificate, what: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CHAIN_INVALID',
    `the intermediate certificate "${subjectOf(certificate)}" of the chain has ${what}`,
    { hint: 'get the certificate of this CA anew, or a leaf from another one' },
  )
}

function tooLong(): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CHAIN_INVALID',
    `the chain has more than ${MAX_CHAIN_LENGTH} intermediate certificates`,
    { hint: 'make an intermediate the trust anchor, or leave out what is above the trust anchor' },
  )
}
