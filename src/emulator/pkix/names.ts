/**
 * Distinguished names, compared as names and not as bytes: letter case and runs of blanks in printable
 * strings do not count, nor does the kind of string.
 *
 * Leaves out the full string preparation of RFC 4518; what it adds concerns scripts with other rules
 * of case, and there this comparison is the stricter one.
 *
 * @see RFC 5280 section 7.1
 * @module
 */

import { AsnConvert } from '@peculiar/asn1-schema'
import { Name } from '@peculiar/asn1-x509'

/** The attributes of one relative distinguished name in one string, comparable with `===`. */
export type ComparableRdn = string

/** In the order of the certificate: from the root of the name downwards. */
export type ComparableName = readonly ComparableRdn[]

/** @throws {Error} When it is no Name. */
export function readName(der: Uint8Array): ComparableName {
  return comparableName(AsnConvert.parse(Uint8Array.from(der).buffer, Name))
}

export function comparableName(name: Name): ComparableName {
  return name.map((rdn) =>
    // A set: the order in which its attributes were written says nothing.
    rdn
      .map(({ type, value }) => `${type}=${JSON.stringify(comparableText(value.toString()))}`)
      .sort()
      .join('+'),
  )
}

export function isSameName(one: ComparableName, other: ComparableName): boolean {
  return one.length === other.length && isWithin(one, other)
}

/** Whether `name` lies in the subtree below `base`. */
export function isWithin(name: ComparableName, base: ComparableName): boolean {
  return base.every((rdn, index) => name[index] === rdn)
}

/** The values of one attribute type, as written. */
export function attributeValues(name: Name, type: string): readonly string[] {
  return name.flatMap((rdn) =>
    rdn.filter((attribute) => attribute.type === type).map(({ value }) => value.toString()),
  )
}

function comparableText(text: string): string {
  return text.trim().replace(/\s+/gu, ' ').toLowerCase()
}
