/**
 * The names of a subject alternative name and the bases of name constraints.
 *
 * @see RFC 5280 sections 4.2.1.6 and 4.2.1.10
 * @module
 */

import { CONTEXT, type DerNode } from './der.ts'
import { readName, type ComparableName } from './names.ts'

export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly text: string }
  /** 4 or 16 octets of an address; 8 or 32, address and mask, in a constraint. */
  | { readonly kind: 'ip'; readonly octets: Buffer }
  | { readonly kind: 'directory'; readonly name: ComparableName }
  /** A form that nobody here can compare: otherName, x400Address, ediPartyName, registeredID. */
  | { readonly kind: `form ${number}` }

/** @throws {Error} When it is none of the choices, or not written as its choice demands. */
export function toGeneralName(node: DerNode): GeneralName {
  if (node.tagClass !== CONTEXT || node.tag > LAST_CHOICE) throw new Error('not a GeneralName')
  switch (node.tag) {
    case 1:
      return { kind: 'email', text: ascii(node.content) }
    case 2:
      return { kind: 'dns', text: ascii(node.content) }
    case 4:
      return { kind: 'directory', name: readName(node.content) }
    case 6:
      return { kind: 'uri', text: ascii(node.content) }
    case 7:
      return { kind: 'ip', octets: node.content }
    default:
      return { kind: `form ${node.tag}` }
  }
}

/** For reasons that people read. */
export function describeName(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
    case 'email':
    case 'uri':
      return `"${name.text}"`
    case 'ip':
      return `address ${name.octets.toString('hex')}`
    case 'directory':
      return `"${name.name.join(',')}"`
    default:
      return `name of ${name.kind}`
  }
}

/** IA5String is seven bits wide; the eighth is where two readers begin to differ. */
function ascii(content: Buffer): string {
  if (content.some((octet) => octet > 0x7f)) throw new Error('not an IA5String')
  return content.toString('latin1')
}

const LAST_CHOICE = 8
