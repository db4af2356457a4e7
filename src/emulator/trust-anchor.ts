/**
 * What the emulator trusts: the trust anchor's certificates and the revocation lists of their CAs.
 *
 * A trust anchor that the service would not accept is refused here, before the first request.
 *
 * @see IAM Roles Anywhere User Guide, "Trust model" and "Revocation"
 * @module
 */

import type { webcrypto } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList } from '@peculiar/asn1-x509'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting, type Wording } from '../core/wording.ts'
import { nameOf, parseCertificates, signedInteger, type Certificate } from './certificate.ts'
import { CA_REQUIREMENTS, firstUnmet } from './certificate-requirements.ts'
import { engine, x509 } from './x509-engine.ts'

export interface TrustAnchor {
  readonly certificates: readonly Certificate[]
  isRevoked(certificate: Certificate): boolean
}

/** The service's own limits. */
const MAX_ANCHOR_CERTIFICATES = 2
const MAX_REVOCATION_LISTS = 2

/**
 * @param certificates PEM; a root or an intermediate CA, or two of them during a rotation.
 * @param revocationLists PEM or DER; each signed by one of the certificates.
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID, ERR_CONFIG_CERTIFICATE_MISSING
 */
export async function createTrustAnchor(
  certificates: string,
  revocationLists?: string | Uint8Array,
): Promise<TrustAnchor> {
  const anchors = parseAnchors(certificates)
  const revoked = new Set<string>()
  for (const list of parseRevocationLists(revocationLists ?? '')) {
    const { subject } = await signerOf(list, anchors)
    for (const serialNumber of serialNumbers(list))
      revoked.add(revocationKey(subject, serialNumber))
  }
  return {
    certificates: anchors,
    isRevoked: ({ issuer, serialNumber }) => revoked.has(revocationKey(issuer, serialNumber)),
  }
}

function parseAnchors(pem: string): readonly Certificate[] {
  const anchors = readOrRefuse('the trust anchor', ANCHOR_HINT, () => parseCertificates(pem))
  if (anchors.length === 0) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_MISSING',
      'the trust anchor holds no certificate',
      { hint: ANCHOR_HINT },
    )
  }
  if (anchors.length > MAX_ANCHOR_CERTIFICATES) {
    const excess = `the trust anchor holds ${anchors.length} certificates, at most 2 are allowed`
    throw invalid(excess, ANCHOR_HINT)
  }
  for (const anchor of anchors) {
    const unmet = firstUnmet(CA_REQUIREMENTS, anchor)
    if (unmet !== undefined) {
      const fault = `the certificate ${nameOf(anchor)} cannot be a trust anchor: it ${unmet}`
      throw invalid(fault, ANCHOR_HINT)
    }
  }
  return anchors
}

function parseRevocationLists(text: string | Uint8Array): readonly x509.X509Crl[] {
  const raw = Buffer.from(text)
  if (raw.length === 0) return []
  const lists = readOrRefuse('the revocation list', LIST_HINT, () => {
    const blocks = x509.PemConverter.isPem(raw.toString('latin1'))
      ? x509.PemConverter.decode(raw.toString('latin1'))
      : [Uint8Array.from(raw).buffer]
    return blocks.map((block) => new x509.X509Crl(block))
  })
  if (lists.length > MAX_REVOCATION_LISTS) {
    const excess = `${lists.length} revocation lists were given, at most 2 are allowed`
    throw invalid(excess, LIST_HINT)
  }
  return lists
}

async function signerOf(list: x509.X509Crl, anchors: readonly Certificate[]): Promise<Certificate> {
  for (const anchor of anchors) {
    if (anchor.subject === list.issuer && (await isSignedBy(list, anchor))) return anchor
  }
  const fault = `the revocation list of "${list.issuer}" is not signed by the trust anchor`
  throw invalid(fault, LIST_HINT)
}

async function isSignedBy(list: x509.X509Crl, anchor: Certificate): Promise<boolean> {
  try {
    const { publicKey } = new x509.X509Certificate(Uint8Array.from(anchor.der).buffer)
    const algorithm = { ...publicKey.algorithm, ...list.signatureAlgorithm } as webcrypto.Algorithm
    // Imported here, since the library would import the key into another engine than ours.
    const key = (await publicKey.export(algorithm, ['verify'], engine)) as webcrypto.CryptoKey
    return await list.verify({ publicKey: key }, engine)
  } catch {
    return false
  }
}

/** Read once more with their signs, which the library drops. */
function serialNumbers(list: x509.X509Crl): readonly bigint[] {
  const { tbsCertList } = AsnConvert.parse(list.rawData, CertificateList)
  const entries = tbsCertList.revokedCertificates ?? []
  return entries.map(({ userCertificate }) => signedInteger(Buffer.from(userCertificate)))
}

function revocationKey(issuer: string, serialNumber: bigint): string {
  return `${serialNumber.toString()} ${issuer}`
}

function readOrRefuse<T>(what: string, hint: Wording, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new RolesAnywhereError('ERR_CONFIG_CERTIFICATE_INVALID', `${what} does not parse`, {
      hint,
      cause,
    })
  }
}

function invalid(message: string, hint: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_CERTIFICATE_INVALID', message, { hint })
}

const ANCHOR_HINT = says`give the PEM of the CA, or of two of them, with ${setting('trustAnchor')}`
const LIST_HINT = says`give CRLs that this CA signed, PEM or DER, with ${setting('crl')}`
