/**
 * What a certificate says that Node's own class does not tell: version, keyUsage, basicConstraints, the
 * parts of its names.
 *
 * @see RFC 5280 sections 4.1 and 4.2
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  GeneralNames,
  KeyUsage,
  KeyUsageFlags,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  type AttributeTypeAndValue,
} from '@peculiar/asn1-x509'

export interface CertificateFacts {
  readonly certificate: X509Certificate
  /** 1, 2 or 3. */
  readonly version: number
  /** Undefined where the extension is absent. */
  readonly isCa: boolean | undefined
  /** Names of RFC 5280, such as `digitalSignature`; undefined where the extension is absent. */
  readonly keyUsage: readonly string[] | undefined
  /** Object identifiers; undefined where the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | undefined
  /** What becomes session tags: the values of the subject, and the first of each kind of alternative name. */
  readonly tagValues: readonly TagValue[]
}

export interface TagValue {
  /** As AWS names it: `x509Subject/CN`, `x509SAN/DNS`. */
  readonly tag: string
  readonly value: string
}

/** @throws {Error} for a certificate that Node reads and the ASN.1 library does not. */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate)
  const extension = (oid: string): ArrayBuffer | undefined =>
    tbsCertificate.extensions?.find(({ extnID }) => extnID === oid)?.extnValue.buffer
  const constraints = extension(id_ce_basicConstraints)
  const usage = extension(id_ce_keyUsage)
  const extendedUsage = extension(id_ce_extKeyUsage)
  const alternativeNames = extension(id_ce_subjectAltName)
  return {
    certificate,
    version: tbsCertificate.version + 1,
    isCa: constraints && AsnConvert.parse(constraints, BasicConstraints).cA,
    keyUsage: usage && usageNames(AsnConvert.parse(usage, KeyUsage)),
    extendedKeyUsage: extendedUsage && [...AsnConvert.parse(extendedUsage, ExtendedKeyUsage)],
    tagValues: [
      ...tbsCertificate.subject.flatMap((part) => [...part].map(subjectValue)),
      ...(alternativeNames === undefined
        ? []
        : alternativeValues(AsnConvert.parse(alternativeNames, GeneralNames))),
    ],
  }
}

function usageNames(usage: KeyUsage): readonly string[] {
  const flags = usage.toNumber()
  return Object.entries(KeyUsageFlags).flatMap(([name, flag]) =>
    typeof flag === 'number' && (flags & flag) !== 0 ? [name] : [],
  )
}

function subjectValue({ type, value }: AttributeTypeAndValue): TagValue {
  return { tag: `x509Subject/${SHORT_NAMES[type] ?? type}`, value: value.toString() }
}

function alternativeValues(names: GeneralNames): readonly TagValue[] {
  const dns = [...names].find(({ dNSName }) => dNSName !== undefined)?.dNSName
  const uri = [...names].find(
    ({ uniformResourceIdentifier }) => uniformResourceIdentifier !== undefined,
  )?.uniformResourceIdentifier
  return [
    ...(dns === undefined ? [] : [{ tag: 'x509SAN/DNS', value: dns }]),
    ...(uri === undefined ? [] : [{ tag: 'x509SAN/URI', value: uri }]),
  ]
}

/** @see RFC 4514 section 3 */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
}
