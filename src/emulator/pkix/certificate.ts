/**
 * One X.509 certificate with everything the trust checks ask about, read once and completely.
 *
 * Structure and extensions come from `@peculiar`'s schemas, signatures are OpenSSL's work. Reading
 * everything at once means that a certificate with a broken part is refused here, and no later check
 * can stumble over it. The public key is the exception: one that OpenSSL cannot read is found out by
 * whoever asks for it.
 *
 * @see RFC 5280 section 4
 * @module
 */

import { X509Certificate, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as CertificateSchema, Extensions, type Name } from '@peculiar/asn1-x509'
import { x509 } from '../x509-engine.ts'
import { TAGS, isContext, readSequence, type DerNode } from './der.ts'
import { readExtensions, type CertificateExtensions } from './extensions.ts'
import { attributeValues, comparableName, type ComparableName } from './names.ts'

export interface Certificate {
  readonly der: Buffer
  /** As in RFC 4514; empty for an empty name. */
  readonly subject: string
  readonly issuer: string
  readonly subjectName: ComparableName
  readonly issuerName: ComparableName
  /** The first CN of the subject. */
  readonly commonName: string | undefined
  /** The mail addresses inside the subject, an old habit that constraints reach too. */
  readonly subjectMail: readonly string[]
  readonly serialNumber: bigint
  readonly version: number
  /** Hash of the issuer's signature, such as `SHA-256`; undefined where the algorithm has none. */
  readonly signatureHash: string | undefined
  /** Whether the algorithm inside the signed part is the one outside. */
  readonly algorithmsAgree: boolean
  /** Milliseconds since the epoch, whole seconds, both inclusive. */
  readonly notBefore: number
  readonly notAfter: number
  readonly extensions: CertificateExtensions
  /** Undefined when OpenSSL cannot read it. */
  readonly publicKey: KeyObject | undefined
  isSignedBy(issuer: Certificate): boolean
}

/** @throws {Error} When any part of it cannot be read. */
export function parseCertificate(der: Buffer): Certificate {
  const native = new X509Certificate(der)
  if (native.raw.length !== der.length) throw new Error('bytes after the end of the certificate')
  const bytes = Uint8Array.from(native.raw).buffer
  const schema = AsnConvert.parse(bytes, CertificateSchema)
  const { tbsCertificate } = schema
  const [signedPart] = readSequence(native.raw)
  const fields = (signedPart?.children ?? []).slice(isContext(signedPart?.children[0], 0) ? 1 : 0)
  const [, signature, , validity] = fields
  const [notBefore, notAfter] = (validity?.children ?? []).map(instant)
  const publicKey = readableKey(native)
  return {
    der: native.raw,
    subject: nameText(tbsCertificate.subject),
    issuer: nameText(tbsCertificate.issuer),
    subjectName: comparableName(tbsCertificate.subject),
    issuerName: comparableName(tbsCertificate.issuer),
    commonName: attributeValues(tbsCertificate.subject, COMMON_NAME)[0],
    subjectMail: attributeValues(tbsCertificate.subject, EMAIL_ADDRESS),
    serialNumber: signedInteger(Buffer.from(tbsCertificate.serialNumber)),
    version: tbsCertificate.version + 1,
    signatureHash: signatureHash(schema.signatureAlgorithm.algorithm, bytes),
    algorithmsAgree:
      signature?.content.equals(readSequence(native.raw)[1]?.content ?? Buffer.alloc(0)) ?? false,
    notBefore: notBefore ?? NaN,
    notAfter: notAfter ?? NaN,
    extensions: readExtensions(tbsCertificate.extensions ?? new Extensions()),
    publicKey,
    isSignedBy(issuer) {
      if (issuer.publicKey === undefined) return false
      try {
        return native.verify(issuer.publicKey)
      } catch {
        // OpenSSL throws where algorithm and key do not fit together: not signed by that key.
        return false
      }
    },
  }
}

/** The PEM blocks of certificates, in order, still encoded. */
export function certificateBlocks(pem: string): readonly Buffer[] {
  return x509.PemConverter.decodeWithHeaders(pem)
    .filter(({ type }) => type === 'CERTIFICATE')
    .map(({ rawData }) => Buffer.from(rawData))
}

/** How a person recognises a certificate, after "the certificate" or "the issuer": its subject, or its serial number. */
export function nameOf(certificate: Certificate): string {
  return certificate.subject === ''
    ? `with serial number ${serialHex(certificate)}`
    : `"${certificate.subject}"`
}

/** The serial number as Roles Anywhere shows it: hexadecimal, an even number of digits. */
export function serialHex({ serialNumber }: Certificate): string {
  const magnitude = (serialNumber < 0n ? -serialNumber : serialNumber).toString(16)
  const padded = magnitude.padStart(magnitude.length + (magnitude.length % 2), '0')
  return serialNumber < 0n ? `-${padded}` : padded
}

/** From the content bytes of a DER INTEGER: big-endian two's complement. */
export function signedInteger(content: Buffer): bigint {
  return BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`))
}

/**
 * An instant in one of the two forms that certificates may use, in milliseconds since the epoch.
 *
 * @throws {Error} For any other way to write a date, and for a date that is none.
 */
export function instant(node: DerNode): number {
  const text = node.content.toString('latin1')
  const digits = (DATE_FORMS[node.tag]?.exec(text)?.slice(1) ?? []).join('')
  // RFC 5280 section 4.1.2.5.1: two digits below 50 mean this century.
  const year = node.tag === TAGS.utcTime ? (digits < '50' ? '20' : '19') : ''
  const iso = `${year}${digits}`.replace(ISO_PARTS, '$1-$2-$3T$4:$5:$6Z')
  const at = digits === '' ? NaN : Date.parse(iso)
  // Date.parse moves 30 February into March; such a date is not one.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(iso.slice(0, 19))) {
    throw new Error('a date that is not written as certificates write dates')
  }
  return at
}

/** The text of RFC 4514 that people know, most specific part first. */
export function nameText(name: Name): string {
  return new x509.Name(AsnConvert.serialize(name)).toString()
}

function readableKey(native: X509Certificate): KeyObject | undefined {
  try {
    return native.publicKey
  } catch {
    return undefined
  }
}

function signatureHash(oid: string, bytes: ArrayBuffer): string | undefined {
  const old = OLD_SIGNATURE_HASHES[oid]
  if (old !== undefined) return old
  const { hash } = new x509.X509Certificate(bytes).signatureAlgorithm as { hash?: { name: string } }
  return hash?.name
}

const COMMON_NAME = '2.5.4.3'
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

const DATE_FORMS: Readonly<Record<number, RegExp>> = {
  [TAGS.utcTime]: /^(\d{12})Z$/,
  [TAGS.generalizedTime]: /^(\d{14})Z$/,
}
const ISO_PARTS = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/

/** Algorithms that the certificate library does not know; RFC 3279, RFC 4055, RFC 5758. */
const OLD_SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.3': 'MD4',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.113549.1.1.14': 'SHA-224',
  '1.2.840.10045.4.3.1': 'SHA-224',
  '1.2.840.10040.4.3': 'SHA-1',
}
