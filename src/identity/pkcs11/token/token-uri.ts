/**
 * Tokens and objects as PKCS#11 URIs name them: what a URI matches, and the URI of what was found.
 *
 * An absent attribute matches anything, an empty one only an empty field, and one that we do not know
 * matches nothing. A value is never cut to the size of its field.
 *
 * @see RFC 7512 sections 2.3 to 2.5; core/pkcs11-uri.ts for the text of a URI
 * @module
 */

import {
  formatPkcs11Uri,
  meantId,
  parsePkcs11Uri,
  type Pkcs11ObjectType,
  type Pkcs11Uri,
} from '../../../core/pkcs11-uri.ts'
import type { ModuleInfo, SlotInfo, TokenInfo } from '../host-protocol.ts'

/** Matches every token and everything on it. */
export const ANYTHING: Pkcs11Uri = parsePkcs11Uri('pkcs11:')

/** What a URI can say of an object. */
export interface ObjectAttributes {
  /** CKA_LABEL. */
  readonly label: string
  /** CKA_ID in hex. */
  readonly id: string
}

/** Whether the module, the slot and the token in it are what the URI says. */
export function tokenMatches(uri: Pkcs11Uri, module: ModuleInfo, slot: SlotInfo): boolean {
  const { token } = slot
  return allMatch(uri, {
    'library-manufacturer': text(module.manufacturer),
    'library-description': text(module.description),
    'library-version': (value) => {
      const [major, minor = '0'] = value.toString('latin1').split('.')
      return Number(major) === module.version.major && Number(minor) === module.version.minor
    },
    'slot-manufacturer': text(slot.manufacturer),
    'slot-description': text(slot.description),
    'slot-id': (value) => BigInt(value.toString('latin1')) === BigInt(slot.id),
    token: text(token.label),
    manufacturer: text(token.manufacturer),
    model: text(token.model),
    serial: text(token.serial),
    ...OBJECT_ATTRIBUTES_IGNORED,
  })
}

/** Whether an object on a token that matches is what the URI says. */
export function objectMatches(
  uri: Pkcs11Uri,
  object: ObjectAttributes,
  type: Pkcs11ObjectType,
): boolean {
  return allMatch(uri, {
    ...TOKEN_ATTRIBUTES_IGNORED,
    object: text(object.label),
    id: (value) => value.equals(Buffer.from(object.id, 'hex')),
    type: text(type),
  })
}

/** The URI for the other half of a pair: same token and object, whatever class it names. */
export function withoutType(uri: Pkcs11Uri): Pkcs11Uri {
  return { ...uri, path: new Map([...uri.path].filter(([name]) => name !== 'type')) }
}

/** What to say to the owner of a URI that matches nothing, and whose `id` was probably meant otherwise. */
export function meantIdHint(uri: Pkcs11Uri): string | undefined {
  const id = meantId(uri)
  return id === undefined
    ? undefined
    : `did you mean ${id}? Each byte of an id is a percent sign and two hex digits`
}

/** The URI of a token, ready to paste. */
export function tokenUri(token: TokenInfo): string {
  return formatPkcs11Uri(tokenAttributes(token))
}

/** The URI of an object, ready to paste. */
export function objectUri(
  token: TokenInfo,
  object: ObjectAttributes,
  type: Pkcs11ObjectType,
): string {
  return formatPkcs11Uri({
    ...tokenAttributes(token),
    ...(object.id !== '' && { id: Buffer.from(object.id, 'hex') }),
    ...(object.label !== '' && { object: object.label }),
    type,
  })
}

/** What identifies a token; empty attributes say nothing. */
function tokenAttributes({ label, manufacturer, serial }: TokenInfo): {
  readonly token: string
  readonly manufacturer?: string
  readonly serial?: string
} {
  return {
    token: label,
    ...(manufacturer !== '' && { manufacturer }),
    ...(serial !== '' && { serial }),
  }
}

type Matcher = (value: Buffer) => boolean

function allMatch(uri: Pkcs11Uri, matchers: Readonly<Record<string, Matcher>>): boolean {
  return [...uri.path].every(([name, value]) => matchers[name]?.(value) ?? false)
}

function text(field: string): Matcher {
  return (value) => value.equals(Buffer.from(field, 'utf8'))
}

const always: Matcher = () => true

const OBJECT_ATTRIBUTES_IGNORED = { object: always, id: always, type: always }
const TOKEN_ATTRIBUTES_IGNORED = {
  'library-manufacturer': always,
  'library-description': always,
  'library-version': always,
  'slot-manufacturer': always,
  'slot-description': always,
  'slot-id': always,
  token: always,
  manufacturer: always,
  model: always,
  serial: always,
}
