/**
 * The canonical request of SigV4, for any method, path, query and headers: the text that both sides
 * hash, so every byte of it matters. It signs every header it is given; choosing them is the caller's.
 *
 * @see AWS General Reference, "Create a signed AWS API request", step 1
 * @module
 */

import { hash } from 'node:crypto'
import { uriDecode, uriEncode } from './uri-encoding.ts'

export interface CanonicalRequestParts {
  readonly method: string
  /** Path of the request target, as it goes over the wire. */
  readonly path: string
  /** Query of the request target, without the `?`. */
  readonly query: string
  /** Names in any case; a name that comes twice has two values, in that order. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  readonly body: Uint8Array
}

export interface CanonicalPathRule {
  /** Removes `.` and `..` segments and repeated slashes: every service but S3. Default true. */
  readonly normalise?: boolean
  /**
   * `double` encodes the path as it goes over the wire, escapes and all: every service but S3.
   * `single` takes it for already encoded, and only makes the encoding uniform. Default `double`.
   */
  readonly encoding?: 'single' | 'double'
}

export interface CanonicalRequest {
  readonly text: string
  /** Lower-case names joined by `;`, as the Authorization header lists them. */
  readonly signedHeaders: string
}

export function canonicalRequest(
  parts: CanonicalRequestParts,
  pathRule: CanonicalPathRule = {},
): CanonicalRequest {
  const headers = canonicalHeaders(parts.headers)
  const signedHeaders = headers.map(([name]) => name).join(';')
  const text = [
    parts.method,
    canonicalPath(parts.path, pathRule),
    canonicalQuery(parts.query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    signedHeaders,
    hash('sha256', parts.body, 'hex'),
  ].join('\n')
  return { text, signedHeaders }
}

function canonicalPath(path: string, { normalise = true, encoding = 'double' }: CanonicalPathRule) {
  const wire = normalise ? withoutDotSegments(path) : path
  return wire
    .split('/')
    .map((segment) => uriEncode(encoding === 'double' ? Buffer.from(segment) : uriDecode(segment)))
    .join('/')
}

/** RFC 3986 section 5.2.4, and runs of slashes become one. */
function withoutDotSegments(path: string): string {
  const segments = path.split('/')
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const endsInFolder = ['', '.', '..'].includes(segments.at(-1) ?? '')
  return kept.length === 0 ? '/' : `/${kept.join('/')}${endsInFolder ? '/' : ''}`
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter): [string, string] => {
      const equals = parameter.indexOf('=')
      const nameEnd = equals === -1 ? parameter.length : equals
      return [
        uriEncode(uriDecode(parameter.slice(0, nameEnd))),
        uriEncode(uriDecode(parameter.slice(nameEnd + 1))),
      ]
    })
    .sort(([nameA, valueA], [nameB, valueB]) => byBytes(nameA, nameB) || byBytes(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function canonicalHeaders(headers: CanonicalRequestParts['headers']): [string, string][] {
  const valuesOf = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const values = valuesOf.get(name.toLowerCase()) ?? []
    valuesOf.set(name.toLowerCase(), values)
    values.push(value.trim().replace(/[ \t]+/g, ' '))
  }
  return [...valuesOf]
    .sort(([a], [b]) => byBytes(a, b))
    .map(([name, values]) => [name, values.join(',')])
}

/** Order of ASCII texts by byte value, which no locale changes. */
function byBytes(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
