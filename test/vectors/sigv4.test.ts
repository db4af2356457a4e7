/**
 * AWS's own signing suite: canonical request and string to sign, byte for byte, for signatures in a
 * header and in the query. Its HMAC signatures say nothing about ours and are left alone.
 *
 * @module
 */

import { hash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { amzDate } from '../../src/core/amz-date.ts'
import { canonicalRequest } from '../../src/core/canonical-request.ts'
import type { CanonicalPathRule, CanonicalRequestParts } from '../../src/core/canonical-request.ts'
import { credentialScope, stringToSign } from '../../src/core/string-to-sign.ts'
import { VECTORS } from './vectors.ts'

const SUITE = new URL('sigv4-suite/', VECTORS)
const ALGORITHM = 'AWS4-HMAC-SHA256'

interface Context {
  readonly credentials: { readonly access_key_id: string; readonly token?: string }
  readonly expiration_in_seconds: number
  readonly normalize: boolean
  readonly region: string
  readonly service: string
  readonly sign_body: boolean
  readonly timestamp: string
  readonly omit_session_token?: boolean
}

interface Parts extends CanonicalRequestParts {
  readonly headers: readonly (readonly [string, string])[]
}

const cases = readdirSync(SUITE).filter((name) =>
  existsSync(new URL(`${name}/context.json`, SUITE)),
)

describe('the signing suite of AWS', () => {
  it('has all its 38 cases', () => {
    expect(cases).toHaveLength(38)
  })

  describe.each(cases)('%s', (name) => {
    const file = (part: string): string => readFileSync(new URL(`${name}/${part}`, SUITE), 'utf8')

    it.each(['double', 'single'] as const)('signed by header, path encoding %s', (encoding) => {
      const context = JSON.parse(file('context.json')) as Context
      const signed = sign(withDate(parseRequest(file('request.txt')), context), context, encoding)
      expect(signed.canonical).toBe(file('header-canonical-request.txt'))
      expect(signed.toSign).toBe(file('header-string-to-sign.txt'))
    })

    it('signed by query', () => {
      const context = JSON.parse(file('context.json')) as Context
      const signed = sign(withQuery(parseRequest(file('request.txt')), context), context, 'double')
      expect(signed.canonical).toBe(file('query-canonical-request.txt'))
      expect(signed.toSign).toBe(file('query-string-to-sign.txt'))
    })
  })
})

function sign(
  parts: Parts,
  context: Context,
  encoding: NonNullable<CanonicalPathRule['encoding']>,
) {
  const canonical = canonicalRequest(parts, { normalise: context.normalize, encoding })
  const toSign = stringToSign(ALGORITHM, scopeOf(context), canonical.text)
  return { canonical: canonical.text, toSign }
}

function scopeOf({ region, service, timestamp }: Context) {
  return { region, service, atMs: Date.parse(timestamp) }
}

/** The request file: request line, headers (obsolete folding undone), empty line, body. */
function parseRequest(text: string): Parts {
  const headEnd = text.includes('\n\n') ? text.indexOf('\n\n') : text.length
  const [requestLine = '', ...lines] = text
    .slice(0, headEnd)
    .replace(/\n[ \t]+/g, ' ')
    .trimEnd()
    .split('\n')
  const [, method = '', target = ''] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? []
  const queryStart = target.includes('?') ? target.indexOf('?') : target.length
  return {
    method,
    path: target.slice(0, queryStart),
    query: target.slice(queryStart + 1),
    headers: lines.map((line) => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1),
    ]),
    body: Buffer.from(text.slice(headEnd + 2)),
  }
}

/** What the suite's signer adds to a request before it signs by header. */
function withDate(parts: Parts, context: Context): Parts {
  const { token } = context.credentials
  return {
    ...parts,
    headers: [
      ...parts.headers,
      ['X-Amz-Date', amzDate(Date.parse(context.timestamp))] as const,
      ...(context.sign_body
        ? [['x-amz-content-sha256', hash('sha256', parts.body, 'hex')] as const]
        : []),
      ...(token !== undefined && context.omit_session_token !== true
        ? [['X-Amz-Security-Token', token] as const]
        : []),
    ],
  }
}

/** What the suite's signer adds to a request before it signs by query. */
function withQuery(parts: Parts, context: Context): Parts {
  const { token, access_key_id: accessKeyId } = context.credentials
  const names = new Set(parts.headers.map(([name]) => name.toLowerCase()))
  const added = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKeyId}/${credentialScope(scopeOf(context))}`,
    'X-Amz-Date': amzDate(Date.parse(context.timestamp)),
    'X-Amz-SignedHeaders': [...names].sort().join(';'),
    'X-Amz-Expires': String(context.expiration_in_seconds),
    ...(token !== undefined && context.omit_session_token !== true
      ? { 'X-Amz-Security-Token': token }
      : {}),
  }
  const query = Object.entries(added).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return { ...parts, query: [parts.query, ...query].join('&') }
}
