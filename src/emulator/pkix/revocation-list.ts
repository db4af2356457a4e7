/**
 * One imported revocation list: read, held against its signer, and asked about certificates.
 *
 * Only complete lists of the CA itself are taken, as the service imports them. A delta tells half, an
 * indirect one speaks for others, and a critical extension that nobody here understands may change what
 * the entries mean: all of these are refused before the first request.
 *
 * @see RFC 5280 sections 5 and 6.3
 * @see IAM Roles Anywhere User Guide, "Revocation"
 * @module
 */

import type { webcrypto } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList, IssuingDistributionPoint, type Extension } from '@peculiar/asn1-x509'
import { engine, x509 } from '../x509-engine.ts'
import { KEY_USAGE, allows } from './certificate-requirements.ts'
import { instant, nameOf, nameText, signedInteger, type Certificate } from './certificate.ts'
import { TAGS, readSequence } from './der.ts'
import { comparableName, isSameName, type ComparableName } from './names.ts'
import type { Leniency } from './rules.ts'

export interface RevocationList {
  /** For people. */
  readonly issuer: string
  readonly issuerName: ComparableName
  readonly serialNumbers: ReadonlySet<bigint>
  /** Milliseconds since the epoch, both inclusive. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly scope: 'all' | 'leaves' | 'authorities'
  readonly hasNumber: boolean
  isSignedBy(issuer: Certificate): Promise<boolean>
}

/** @throws {Error} What is wrong with it, in words that complete "the revocation list …". */
export function parseRevocationList(der: Buffer): RevocationList {
  const bytes = Uint8Array.from(der).buffer
  const list = AsnConvert.parse(bytes, CertificateList)
  const { tbsCertList } = list
  const extensions = tbsCertList.crlExtensions ?? []
  refuseUnknown(extensions, KNOWN_EXTENSIONS)
  const entries = tbsCertList.revokedCertificates ?? []
  for (const { crlEntryExtensions = [] } of entries)
    refuseUnknown(crlEntryExtensions, KNOWN_ENTRIES)
  const [thisUpdate, nextUpdate] = updates(der)
  return {
    issuer: nameText(tbsCertList.issuer),
    issuerName: comparableName(tbsCertList.issuer),
    // Read with their signs, which the certificate library drops.
    serialNumbers: new Set(
      entries.map(({ userCertificate }) => signedInteger(Buffer.from(userCertificate))),
    ),
    thisUpdate,
    nextUpdate,
    scope: scopeOf(extensions),
    hasNumber: extensions.some(({ extnID, critical }) => extnID === CRL_NUMBER && !critical),
    isSignedBy: (issuer) => isSignedBy(bytes, issuer),
  }
}

/** What forbids `signer` to speak through this list, in words that complete "the revocation list …". */
export function unfitness(
  list: RevocationList,
  signer: Certificate,
  lenient: Leniency,
): string | undefined {
  if (!allows(signer, KEY_USAGE.cRLSign) && !lenient.has('crl-sign')) {
    return `is signed by ${nameOf(signer)}, whose keyUsage lacks cRLSign`
  }
  if (!list.hasNumber && !lenient.has('crl-number')) {
    return 'has no CRL number, or a critical one'
  }
  return undefined
}

/** Whether the list speaks of this certificate at all. */
export function covers(list: RevocationList, certificate: Certificate): boolean {
  const isCa = certificate.extensions.basicConstraints?.isCa === true
  return (
    isSameName(list.issuerName, certificate.issuerName) &&
    (list.scope === 'all' || (list.scope === 'authorities') === isCa)
  )
}

function refuseUnknown(extensions: readonly Extension[], known: ReadonlySet<string>): void {
  const oids = extensions.map(({ extnID }) => extnID)
  if (new Set(oids).size < oids.length) throw new Error('has an extension twice')
  if (oids.includes(DELTA_INDICATOR))
    throw new Error('is a delta, and only complete lists are taken')
  const unknown = extensions.find(({ extnID, critical }) => critical && !known.has(extnID))
  if (unknown?.extnID === CERTIFICATE_ISSUER) throw new Error('speaks for another CA')
  if (unknown !== undefined) {
    throw new Error(`has a critical extension that is not known here, ${unknown.extnID}`)
  }
}

function scopeOf(extensions: readonly Extension[]): RevocationList['scope'] {
  const found = extensions.find(({ extnID }) => extnID === DISTRIBUTION_POINT)
  if (found === undefined) return 'all'
  const point = AsnConvert.parse(
    Uint8Array.from(Buffer.from(found.extnValue.buffer)).buffer,
    IssuingDistributionPoint,
  )
  if (point.indirectCRL) throw new Error('speaks for another CA')
  if (point.onlySomeReasons !== undefined || point.onlyContainsAttributeCerts) {
    throw new Error('covers only some reasons or only attribute certificates')
  }
  if (point.onlyContainsUserCerts) return 'leaves'
  return point.onlyContainsCACerts ? 'authorities' : 'all'
}

/** Both dates of the signed part. */
function updates(der: Buffer): [thisUpdate: number, nextUpdate: number] {
  const dates = (readSequence(der)[0]?.children ?? [])
    .filter(({ tagClass, tag }) => tagClass === 1 && DATE_TAGS.has(tag))
    .map(instant)
  const [thisUpdate, nextUpdate] = dates
  if (thisUpdate === undefined || nextUpdate === undefined) {
    throw new Error('does not say when the next one is due')
  }
  return [thisUpdate, nextUpdate]
}

async function isSignedBy(bytes: ArrayBuffer, issuer: Certificate): Promise<boolean> {
  try {
    const list = new x509.X509Crl(bytes)
    const { publicKey } = new x509.X509Certificate(Uint8Array.from(issuer.der).buffer)
    const algorithm = { ...publicKey.algorithm, ...list.signatureAlgorithm } as webcrypto.Algorithm
    // Imported here, since the library would import the key into another engine than ours.
    const key = (await publicKey.export(algorithm, ['verify'], engine)) as webcrypto.CryptoKey
    return await list.verify({ publicKey: key }, engine)
  } catch {
    return false
  }
}

const CRL_NUMBER = '2.5.29.20'
const DELTA_INDICATOR = '2.5.29.27'
const DISTRIBUTION_POINT = '2.5.29.28'
const CERTIFICATE_ISSUER = '2.5.29.29'

const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  CRL_NUMBER,
  DISTRIBUTION_POINT,
  '2.5.29.35', // authorityKeyIdentifier
])

const KNOWN_ENTRIES: ReadonlySet<string> = new Set([
  '2.5.29.21', // reasonCode
  '2.5.29.24', // invalidityDate
])

const DATE_TAGS: ReadonlySet<number> = new Set([TAGS.utcTime, TAGS.generalizedTime])
