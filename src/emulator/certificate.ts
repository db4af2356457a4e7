/**
 * One X.509 certificate with everything the trust checks ask about, read once and completely.
 *
 * Structure and extensions come from `@peculiar/x509`, signatures are OpenSSL's work. Reading
 * everything at once means that a certificate with a broken part is refused here, and no later check
 * can stumble over it.
 *
 * @see RFC 5280 section 4
 * @module
 */

import { X509Certificate, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as CertificateSchema } from '@peculiar/asn1-x509'
import { x509 } from './x509-engine.ts'

export interface Certificate {
  readonly der: Buffer
  /** As in RFC 4514; empty for an empty name. */
  readonly subject: string
  readonly issuer: string
  /** The first CN of the subject. */
  readonly commonName: string | undefined
  readonly serialNumber: bigint
  readonly version: number
  /** Hash of the issuer's signature, such as `SHA-256`; undefined where the algorithm has none. */
  readonly signatureHash: string | undefined
  /** Milliseconds since the epoch, both inclusive. */
  readonly notBefore: number
  readonly notAfter: number
  /** The CA flag; undefined without basicConstraints. */
  readonly isCa: boolean | undefined
  readonly pathLength: number | undefined
  /** Sum of the bits of `x509.KeyUsageFlags`; undefined without keyUsage. */
  readonly keyUsage: number | undefined
  /** Object identifiers of all extensions marked critical. */
  readonly criticalExtensions: readonly string[]
  readonly publicKey: KeyObject
  isSignedBy(issuer: Certificate): boolean
}

/** @throws {Error} When any part of it cannot be read. */
export function parseCertificate(der: Buffer): Certificate {
  const native = new X509Certificate(der)
  if (native.raw.length !== der.length) throw new Error('bytes after the end of the certificate')
  const parsed = new x509.X509Certificate(native.raw)
  const schema = AsnConvert.parse(native.raw, CertificateSchema)
  const constraints = parsed.getExtension(x509.BasicConstraintsExtension)
  return {
    der: native.raw,
    subject: parsed.subject,
    issuer: parsed.issuer,
    commonName: parsed.subjectName.getField('CN')[0],
    serialNumber: signedInteger(Buffer.from(schema.tbsCertificate.serialNumber)),
    version: schema.tbsCertificate.version + 1,
    signatureHash: signatureHash(schema.signatureAlgorithm.algorithm, parsed),
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    isCa: constraints?.ca,
    pathLength: constraints?.pathLength,
    keyUsage: parsed.getExtension(x509.KeyUsagesExtension)?.usages,
    criticalExtensions: parsed.extensions
      .filter(({ critical }) => critical)
      .map(({ type }) => type),
    publicKey: native.publicKey,
    isSignedBy(issuer) {
      try {
        return native.verify(issuer.publicKey)
      } catch {
        // OpenSSL throws where algorithm and key do not fit together: not signed by that key.
        return false
      }
    },
  }
}

/** All certificates of a PEM text, in order. */
export function parseCertificates(pem: string): readonly Certificate[] {
  return x509.PemConverter.decodeWithHeaders(pem)
    .filter(({ type }) => type === 'CERTIFICATE')
    .map(({ rawData }) => parseCertificate(Buffer.from(rawData)))
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

function signatureHash(oid: string, parsed: x509.X509Certificate): string | undefined {
  const { hash } = parsed.signatureAlgorithm as { hash?: { name: string } }
  return OLD_SIGNATURE_HASHES[oid] ?? hash?.name
}

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
