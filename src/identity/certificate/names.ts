/**
 * Distinguished names for people, in one form everywhere.
 *
 * Node gives one attribute a line, from the top of the tree down, and says `undefined` of an empty name,
 * against its types. How names are compared is in distinguished-name.ts.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'

/** On one line, from the top down: `C=DE, O=Acme, CN=web`. Empty for an empty name. */
export function nameOnOneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}

/** The subject for a message; `no subject` where there is none. */
export function subjectOf({ subject }: X509Certificate): string {
  return nameOnOneLine(subject) || 'no subject'
}

/** From the leaf up, as RFC 4514 and the reference helper write it: `CN=web,O=Acme,C=DE`. */
export function nameFromLeafUp(name: string | undefined): string {
  return (name ?? '').split('\n').reverse().join(',')
}
