/**
 * Distinguished names as values, so that two of them are compared by what they say and not by how they
 * are written: `cn=Web, O=Acme` is `O=Acme` above `CN=web`.
 *
 * @see RFC 4514 (text form); RFC 5280 section 7.1 (comparison)
 * @module
 */

import { Asn1Element, element } from '../encoding/asn1-element.ts'

/** One attribute: an object identifier, and a value ready for comparison. */
interface Attribute {
  readonly oid: string
  /** Text with case and runs of spaces taken out; or `#` and the hexadecimal encoding. */
  readonly value: string
}

/** From the top of the tree (country) down; a part may have several attributes. */
export type DistinguishedName = readonly (readonly Attribute[])[]

/** The text is not a distinguished name. */
export class NameSyntaxError extends Error {
  override readonly name = 'NameSyntaxError'
}

/**
 * Parses the text form, which runs from the leaf up: `CN=web,O=Acme,C=DE`.
 *
 * @throws {NameSyntaxError}
 */
export function parseDistinguishedName(text: string): DistinguishedName {
  return readNameText(text).map((part) =>
    part.map(({ oid, value }) => ({
      oid,
      value: typeof value === 'string' ? comparable(value) : encodedOrText(value),
    })),
  )
}

/** An attribute as it was written: its text, or its encoding where the text gives that in hexadecimal. */
export interface WrittenAttribute {
  readonly oid: string
  readonly value: string | Uint8Array
}

/**
 * The attributes of the text form as they are written, from the top of the tree down.
 *
 * @throws {NameSyntaxError}
 */
export function readNameText(text: string): readonly (readonly WrittenAttribute[])[] {
  const parts: WrittenAttribute[][] = [[]]
  let rest = text.trim()
  for (;;) {
    const { attribute, separator, after } = parseAttribute(rest)
    parts.at(-1)?.push(attribute)
    if (separator === '') return parts.reverse()
    if (separator === ',') parts.push([])
    rest = after
  }
}

/**
 * Reads the encoded form, RDNSequence.
 *
 * @throws {Asn1Error}
 */
export function readDistinguishedName(source: Asn1Element): DistinguishedName {
  return source.sequence().map((part) =>
    part.set().map((attribute) => {
      const [type, value] = [0, 1].map((index) => element(attribute.sequence(), index)) as [
        Asn1Element,
        Asn1Element,
      ]
      return { oid: type.oid(), value: value.isText() ? comparable(value.text()) : hex(value) }
    }),
  )
}

/**
 * Whether two names are the same. Tools print names in either direction (OpenSSL from the top), so a
 * text in the other direction is the same name too.
 */
export function isSameName(one: DistinguishedName, other: DistinguishedName): boolean {
  return isSameInOrder(one, other) || isSameInOrder([...one].reverse(), other)
}

function isSameInOrder(one: DistinguishedName, other: DistinguishedName): boolean {
  return (
    one.length === other.length &&
    one.every((part, index) => canonical(part) === canonical(other[index] ?? []))
  )
}

/** The attributes of one part are a set: their order says nothing. */
function canonical(part: readonly Attribute[]): string {
  return JSON.stringify(part.map(({ oid, value }) => `${oid}=${value}`).sort())
}

interface ParsedAttribute {
  readonly attribute: WrittenAttribute
  readonly separator: '' | ',' | '+'
  readonly after: string
}

function parseAttribute(text: string): ParsedAttribute {
  const [head, type = ''] = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*/u.exec(text) ?? []
  if (head === undefined) throw new NameSyntaxError('a part is not of the form TYPE=VALUE')
  const oid = /^\d/u.test(type) ? type : ATTRIBUTE_TYPES[type.toUpperCase()]
  if (oid === undefined) {
    throw new NameSyntaxError(`the attribute type "${type}" is unknown: write it as a number`)
  }
  const written = VALUE.exec(text.slice(head.length))
  if (written === null) throw new NameSyntaxError(`the value of "${type}" is not closed`)
  const [whole, hexValue, quotedValue, plainValue = '', separator = ''] = written
  const value =
    hexValue === undefined ? unescape(quotedValue ?? plainValue) : Buffer.from(hexValue, 'hex')
  return {
    attribute: { oid, value },
    separator: separator === '' ? '' : separator === '+' ? '+' : ',',
    after: text.slice(head.length + whole.length),
  }
}

/**
 * A value (`#` and hexadecimal, quoted, or plain with escapes), and what separates it from the next. Blanks
 * at its end go later: to look for them here would take the square of their number in time.
 */
const VALUE =
  /^(?:#((?:[0-9a-f]{2})+)\s*|"((?:[^"\\]|\\.)*)"\s*|(?!#)((?:[^,;+"\\]|\\.)*))(?:([,;+])|$)/iu

/** Escapes: `\` and a special character, or `\` and the two digits of one UTF-8 byte. */
function unescape(text: string): string {
  return text.replaceAll(/(?:\\[0-9a-f]{2})+|\\(.)/giu, (escaped, character: string | undefined) =>
    character === undefined
      ? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8')
      : character,
  )
}

/** A value given by its encoding is compared as text when it is text. */
function encodedOrText(encoding: Uint8Array): string {
  try {
    const value = Asn1Element.parse(encoding)
    return value.isText() ? comparable(value.text()) : hex(value)
  } catch {
    throw new NameSyntaxError('a value after "#" is not an encoded value')
  }
}

function hex(value: Asn1Element): string {
  return `#${Buffer.from(value.encoding).toString('hex')}`
}

function comparable(text: string): string {
  return text.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ').toLowerCase()
}

/** RFC 4519's short names, and what OpenSSL, Go, Java and Windows print besides. */
const ATTRIBUTE_TYPES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  COMMONNAME: '2.5.4.3',
  SURNAME: '2.5.4.4',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  S: '2.5.4.8',
  STREET: '2.5.4.9',
  STREETADDRESS: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  T: '2.5.4.12',
  TITLE: '2.5.4.12',
  POSTALCODE: '2.5.4.17',
  NAME: '2.5.4.41',
  GIVENNAME: '2.5.4.42',
  GN: '2.5.4.42',
  G: '2.5.4.42',
  INITIALS: '2.5.4.43',
  GENERATIONQUALIFIER: '2.5.4.44',
  DNQ: '2.5.4.46',
  DNQUALIFIER: '2.5.4.46',
  PSEUDONYM: '2.5.4.65',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  UID: '0.9.2342.19200300.100.1.1',
  USERID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  E: '1.2.840.113549.1.9.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
  UNSTRUCTUREDNAME: '1.2.840.113549.1.9.2',
}
