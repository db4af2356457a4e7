/**
 * What a PKCS#11 URI matches.
 *
 * An absent attribute matches anything, an empty one only an empty field, and one that we do not know
 * matches nothing. A value is never cut to the size of its field.
 *
 * @see RFC 7512 section 2.5
 * @module
 */

import type { Pkcs11ObjectType, Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { ModuleInfo, SlotInfo } from '../host-protocol.ts'

export interface ObjectAttributes {
  readonly type: Pkcs11ObjectType
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

/** Whether an object on a token that matches is what the URI says; `type` is compared too. */
export function objectMatches(uri: Pkcs11Uri, object: ObjectAttributes): boolean {
  return allMatch(uri, {
    ...TOKEN_ATTRIBUTES_IGNORED,
    object: text(object.label),
    id: (value) => value.equals(Buffer.from(object.id, 'hex')),
    type: text(object.type),
  })
}

/** The URI for the other half of a pair: same token and object, whatever class it names. */
export function withoutType(uri: Pkcs11Uri): Pkcs11Uri {
  return { ...uri, path: new Map([...uri.path].filter(([name]) => name !== 'type')) }
}

type Matcher = (value: Buffer) => boolean

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

function allMatch(uri: Pkcs11Uri, matchers: Readonly<Record<string, Matcher>>): boolean {
  return [...uri.path].every(([name, value]) => matchers[name]?.(value) ?? false)
}

function text(field: string): Matcher {
  return (value) => value.equals(Buffer.from(field, 'utf8'))
}
