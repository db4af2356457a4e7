/**
 * Extensions of certificates and revocation lists, right ones and wrong ones.
 *
 * @see RFC 5280 sections 4.2 and 5.2
 * @module
 */

import {
  boolean,
  ia5String,
  implicit,
  integer,
  integerContent,
  namedBits,
  objectIdentifier,
  octetString,
  explicit,
  sequence,
} from './der.ts'
import { name } from './names.ts'

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Buffer
}

/** Any extension, whatever is in it. */
export function extension(oid: string, value: Buffer, critical = false): Extension {
  return { oid, value, critical }
}

/** The same with the other criticality. */
export function flipped(original: Extension): Extension {
  return { ...original, critical: !original.critical }
}

export function encodeExtensions(extensions: readonly Extension[]): Buffer {
  return sequence(
    ...extensions.map(({ oid, critical, value }) =>
      sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  )
}

export const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const

export function basicConstraints(isCa: boolean, pathLength?: number): Extension {
  const parts = [
    ...(isCa ? [boolean(true)] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  ]
  return extension(OID.basicConstraints, sequence(...parts), true)
}

const USAGE_BITS = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const

export function keyUsage(...usages: readonly (keyof typeof USAGE_BITS)[]): Extension {
  return extension(OID.keyUsage, namedBits(...usages.map((usage) => USAGE_BITS[usage])), true)
}

export const USES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  any: '2.5.29.37.0',
} as const

export function extendedKeyUsage(...uses: readonly (keyof typeof USES)[]): Extension {
  return extension(
    OID.extendedKeyUsage,
    sequence(...uses.map((use) => objectIdentifier(USES[use]))),
  )
}

export const dns = (text: string): Buffer => implicit(2, Buffer.from(text, 'latin1'))
export const email = (text: string): Buffer => implicit(1, Buffer.from(text, 'latin1'))
export const uri = (text: string): Buffer => implicit(6, Buffer.from(text, 'latin1'))
export const ip = (...octets: readonly number[]): Buffer => implicit(7, Buffer.from(octets))
export const directory = (text: string): Buffer => explicit(4, name(text))
export const registeredId = (): Buffer => implicit(8, Buffer.from([0x2a, 0x03, 0x04]))
/** An otherName, as smart cards carry one. */
export const principal = (text: string): Buffer =>
  explicit(0, objectIdentifier('1.3.6.1.4.1.311.20.2.3'), explicit(0, ia5String(text)))

export function subjectAltName(...names: readonly Buffer[]): Extension {
  return extension(OID.subjectAltName, sequence(...names))
}

export interface Subtrees {
  readonly permitted?: readonly Buffer[]
  readonly excluded?: readonly Buffer[]
}

export function nameConstraints({ permitted, excluded }: Subtrees): Extension {
  const list = (tag: number, bases: readonly Buffer[] | undefined): readonly Buffer[] =>
    bases === undefined ? [] : [explicit(tag, ...bases.map((base) => sequence(base)))]
  return extension(OID.nameConstraints, sequence(...list(0, permitted), ...list(1, excluded)), true)
}

export const ANY_POLICY = '2.5.29.32.0'

export function policies(...oids: readonly string[]): Extension {
  return extension(OID.policies, sequence(...oids.map((oid) => sequence(objectIdentifier(oid)))))
}

export function policyMappings(...pairs: readonly (readonly [string, string])[]): Extension {
  const mappings = pairs.map((pair) => sequence(...pair.map(objectIdentifier)))
  return extension('2.5.29.33', sequence(...mappings), true)
}

export function policyConstraints(limits: {
  readonly explicit?: number
  readonly mapping?: number
}): Extension {
  const skip = (tag: number, count: number | undefined): readonly Buffer[] =>
    count === undefined ? [] : [implicit(tag, integerContent(BigInt(count)))]
  return extension(
    '2.5.29.36',
    sequence(...skip(0, limits.explicit), ...skip(1, limits.mapping)),
    true,
  )
}

export function inhibitAnyPolicy(count: number): Extension {
  return extension('2.5.29.54', integer(count), true)
}
