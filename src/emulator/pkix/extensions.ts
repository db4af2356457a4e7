/**
 * The extensions of a certificate that path validation asks about, each read completely or not at all.
 *
 * A value that breaks its own syntax makes the whole certificate unreadable: to skip it would be to let
 * through what its issuer forbade.
 *
 * @see RFC 5280 section 4.2
 * @module
 */

import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  CertificatePolicies,
  ExtendedKeyUsage,
  KeyUsage,
  PolicyMappings,
  type Extension,
} from '@peculiar/asn1-x509'
import { isContext, readDer, readSequence } from './der.ts'
import { toGeneralName, type GeneralName } from './general-names.ts'
import { readNameConstraints, type NameConstraints } from './name-constraints.ts'

export interface CertificateExtensions {
  /** Object identifiers in order, with repetitions. */
  readonly oids: readonly string[]
  /** Those among them that are marked critical. */
  readonly critical: readonly string[]
  readonly basicConstraints?: { readonly isCa: boolean; readonly pathLength: number | undefined }
  /** Bits of RFC 5280 section 4.2.1.3; bit 0 is digitalSignature. */
  readonly keyUsage?: number
  readonly extendedKeyUsage?: readonly string[]
  readonly subjectAltName?: readonly GeneralName[]
  readonly nameConstraints?: NameConstraints
  readonly policies?: readonly string[]
  /** Kinds of qualifiers that came with them. */
  readonly policyQualifiers?: readonly string[]
  readonly policyMappings?: readonly (readonly [issuer: string, subject: string])[]
  /** Certificates that may still follow until a policy is demanded. */
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
  readonly inhibitAnyPolicy?: number
}

export const OIDS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
} as const

/** @throws {Error} "its … extension …" when one of them is malformed. */
export function readExtensions(extensions: readonly Extension[]): CertificateExtensions {
  const read: Partial<Record<string, unknown>> = {}
  for (const { extnID, extnValue } of extensions) {
    const reader = Object.hasOwn(READERS, extnID) ? READERS[extnID] : undefined
    if (reader === undefined) continue
    try {
      Object.assign(read, reader.read(Buffer.from(extnValue.buffer)))
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`its ${reader.name} extension is malformed: ${detail}`, { cause })
    }
  }
  return {
    ...(read as Partial<CertificateExtensions>),
    oids: extensions.map(({ extnID }) => extnID),
    critical: extensions.filter(({ critical }) => critical).map(({ extnID }) => extnID),
  }
}

interface Reader {
  readonly name: keyof typeof OIDS
  read(value: Buffer): Partial<CertificateExtensions>
}

const READERS: Readonly<Record<string, Reader>> = {
  [OIDS.basicConstraints]: {
    name: 'basicConstraints',
    read(value) {
      const { cA, pathLenConstraint } = exactly(value, BasicConstraints)
      return { basicConstraints: { isCa: cA, pathLength: optionalCount(pathLenConstraint) } }
    },
  },
  [OIDS.keyUsage]: {
    name: 'keyUsage',
    read: (value) => ({ keyUsage: exactly(value, KeyUsage).toNumber() }),
  },
  [OIDS.extendedKeyUsage]: {
    name: 'extendedKeyUsage',
    read: (value) => ({ extendedKeyUsage: filled([...exactly(value, ExtendedKeyUsage)]) }),
  },
  [OIDS.subjectAltName]: {
    name: 'subjectAltName',
    read: (value) => ({ subjectAltName: filled(readSequence(value)).map(toGeneralName) }),
  },
  [OIDS.nameConstraints]: {
    name: 'nameConstraints',
    read: (value) => ({ nameConstraints: readNameConstraints(value) }),
  },
  [OIDS.certificatePolicies]: { name: 'certificatePolicies', read: readPolicies },
  [OIDS.policyMappings]: {
    name: 'policyMappings',
    read: (value) => ({
      policyMappings: filled([...exactly(value, PolicyMappings)]).map(
        ({ issuerDomainPolicy, subjectDomainPolicy }) => [issuerDomainPolicy, subjectDomainPolicy],
      ),
    }),
  },
  [OIDS.policyConstraints]: { name: 'policyConstraints', read: readPolicyConstraints },
  [OIDS.inhibitAnyPolicy]: {
    name: 'inhibitAnyPolicy',
    read: (value) => ({ inhibitAnyPolicy: count(readDer(value).content) }),
  },
}

function readPolicies(value: Buffer): Partial<CertificateExtensions> {
  const list = filled([...exactly(value, CertificatePolicies)])
  const policies = list.map(({ policyIdentifier }) => policyIdentifier)
  if (new Set(policies).size < policies.length) throw new Error('it names one policy twice')
  const qualifiers = list.flatMap(({ policyQualifiers }) => [...(policyQualifiers ?? [])])
  return {
    policies,
    policyQualifiers: qualifiers.map(({ policyQualifierId }) => policyQualifierId),
  }
}

function readPolicyConstraints(value: Buffer): Partial<CertificateExtensions> {
  const parts = filled(readSequence(value))
  const [explicit, mapping] = [0, 1].map((tag) => parts.find((part) => isContext(part, tag)))
  return {
    ...(explicit === undefined ? {} : { requireExplicitPolicy: count(explicit.content) }),
    ...(mapping === undefined ? {} : { inhibitPolicyMapping: count(mapping.content) }),
  }
}

/** The value as its schema says, and nothing behind it. */
function exactly<T>(value: Buffer, schema: new () => T): T {
  readDer(value)
  return AsnConvert.parse(Uint8Array.from(value).buffer, schema)
}

function filled<T>(list: readonly T[]): readonly T[] {
  if (list.length === 0) throw new Error('it is empty')
  return list
}

/** A number of certificates; what is longer than any path is told as a path's worth. */
function count(content: Buffer): number {
  const [first] = content
  if (first === undefined || first > 0x7f) throw new Error('it holds no number of certificates')
  const value = BigInt(`0x${content.toString('hex')}`)
  return value > LONG_PATH ? Number(LONG_PATH) : Number(value)
}

function optionalCount(value: number | undefined): number | undefined {
  if (value !== undefined && value < 0) throw new Error('it holds no number of certificates')
  return value
}

const LONG_PATH = 1_000n
