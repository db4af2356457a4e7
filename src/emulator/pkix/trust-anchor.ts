/**
 * What the emulator trusts: one or two CA certificates and the revocation lists of their CAs.
 *
 * A trust anchor that the service would not accept is refused here, before the first request.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model" and "Revocation"
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting, type Wording } from '../../core/wording.ts'
import { x509 } from '../x509-engine.ts'
import { CA_REQUIREMENTS, firstUnmet } from './certificate-requirements.ts'
import { certificateBlocks, nameOf, parseCertificate, type Certificate } from './certificate.ts'
import { isSameName } from './names.ts'
import { covers, parseRevocationList, unfitness, type RevocationList } from './revocation-list.ts'
import type { Leniency } from './rules.ts'

export interface TrustAnchor {
  readonly certificates: readonly Certificate[]
  /** Rules that are switched off. */
  readonly lenient: Leniency
  /** Of the certificate at `now`, milliseconds since the epoch; `unknown` where a list is out of date. */
  statusOf(certificate: Certificate, now: number): 'good' | 'revoked' | 'unknown'
}

/** The service's own limits. */
const MAX_ANCHOR_CERTIFICATES = 2
const MAX_REVOCATION_LISTS = 2

export interface TrustAnchorOptions {
  /** PEM or DER; each signed by one of the certificates. */
  readonly revocationLists?: string | Uint8Array | undefined
  /** Default: none, every rule is kept. */
  readonly lenient?: Leniency | undefined
}

/**
 * @param certificates PEM; a root or an intermediate CA, or two of them during a rotation.
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID, ERR_CONFIG_CERTIFICATE_MISSING
 */
export async function createTrustAnchor(
  certificates: string,
  { revocationLists, lenient = new Set() }: TrustAnchorOptions = {},
): Promise<TrustAnchor> {
  const anchors = parseAnchors(certificates, lenient)
  const lists = parseRevocationLists(revocationLists ?? '')
  for (const list of lists) {
    const unfit = unfitness(list, await signerOf(list, anchors), lenient)
    if (unfit !== undefined)
      throw invalid(`the revocation list of "${list.issuer}" ${unfit}`, LIST_HINT)
  }
  return {
    certificates: anchors,
    lenient,
    statusOf(certificate, now) {
      const concerned = lists.filter((list) => covers(list, certificate))
      if (concerned.some(({ serialNumbers }) => serialNumbers.has(certificate.serialNumber))) {
        return 'revoked'
      }
      const stale = concerned.some((list) => now < list.thisUpdate || now > list.nextUpdate)
      return stale && !lenient.has('crl-dates') ? 'unknown' : 'good'
    },
  }
}

function parseAnchors(pem: string, lenient: Leniency): readonly Certificate[] {
  const blocks = readOrRefuse('the trust anchor', ANCHOR_HINT, () => certificateBlocks(pem))
  if (blocks.length === 0) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_MISSING',
      'the trust anchor holds no certificate',
      { hint: ANCHOR_HINT },
    )
  }
  // Counted before they are read: a bundle of a thousand is no reason to read a thousand.
  if (blocks.length > MAX_ANCHOR_CERTIFICATES) {
    const excess = `the trust anchor holds ${blocks.length} certificates, at most 2 are allowed`
    throw invalid(excess, ANCHOR_HINT)
  }
  return blocks.map((block) => {
    const anchor = readOrRefuse('the trust anchor', ANCHOR_HINT, () => parseCertificate(block))
    const unmet = firstUnmet(CA_REQUIREMENTS, anchor, lenient)
    if (unmet === undefined) return anchor
    const fault = `the certificate ${nameOf(anchor)} cannot be a trust anchor: it ${unmet}`
    throw invalid(fault, ANCHOR_HINT)
  })
}

function parseRevocationLists(text: string | Uint8Array): readonly RevocationList[] {
  const raw = Buffer.from(text)
  if (raw.length === 0) return []
  const blocks = readOrRefuse('the revocation list', LIST_HINT, () =>
    x509.PemConverter.isPem(raw.toString('latin1'))
      ? x509.PemConverter.decode(raw.toString('latin1')).map((block) => Buffer.from(block))
      : [raw],
  )
  if (blocks.length > MAX_REVOCATION_LISTS) {
    const excess = `${blocks.length} revocation lists were given, at most 2 are allowed`
    throw invalid(excess, LIST_HINT)
  }
  return blocks.map((block) =>
    readOrRefuse('the revocation list', LIST_HINT, () => parseRevocationList(block)),
  )
}

async function signerOf(
  list: RevocationList,
  anchors: readonly Certificate[],
): Promise<Certificate> {
  for (const anchor of anchors) {
    if (isSameName(anchor.subjectName, list.issuerName) && (await list.isSignedBy(anchor))) {
      return anchor
    }
  }
  const fault = `the revocation list of "${list.issuer}" is not signed by the trust anchor`
  throw invalid(fault, LIST_HINT)
}

function readOrRefuse<T>(what: string, hint: Wording, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_INVALID',
      `${what} cannot be used: ${detail}`,
      { hint, cause },
    )
  }
}

function invalid(message: string, hint: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_CERTIFICATE_INVALID', message, { hint })
}

const ANCHOR_HINT = says`give the PEM of the CA, or of two of them, with ${setting('trustAnchor')}`
const LIST_HINT = says`give CRLs that this CA signed, PEM or DER, with ${setting('crl')}`
