/**
 * The canonical request of SigV4, rebuilt from a raw request by its reader.
 *
 * The path is taken as it was sent: the one path served needs no encoding.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession", task 1
 * @module
 */

import { createHash } from 'node:crypto'
import { valuesOf, type RawRequest } from './raw-request.ts'

/** The canonical request as text, one character for each byte. */
export function canonicalRequest(request: RawRequest, signedHeaders: readonly string[]): string {
  const [path = '', ...query] = request.target.split('?')
  const headerLines = signedHeaders.map((name) => {
    const values = valuesOf(request.headers, name).map((value) => value.replace(/ +/g, ' '))
    return `${name}:${values.join(',')}\n`
  })
  return [
    request.method,
    path,
    canonicalQuery(query.join('?')),
    headerLines.join(''),
    signedHeaders.join(';'),
    sha256Hex(request.body),
  ].join('\n')
}

/** The name and value pairs of a query, percent-decoded; a plus sign stays one. */
export function parseQuery(query: string): readonly (readonly [string, string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      const [name, value] =
        equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      return [percentDecoded(name), percentDecoded(value)]
    })
}

function canonicalQuery(query: string): string {
  return parseQuery(query)
    .map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** RFC 3986 unreserved characters stay; every other byte becomes %XX. */
function percentEncoded(text: string): string {
  return text.replace(
    /[^A-Za-z0-9._~-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** One character for each byte, whatever the bytes mean. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** SHA-256 as lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
