/**
 * Seeded mutations: whatever is done to an ARN or an answer, a parser ends in a value or in an error of
 * this project, and a value keeps what its type promises.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../../src/core/arn.ts'
import { readCreateSessionResponse } from '../../../src/core/create-session-response.ts'
import { parseEndpointUrl } from '../../../src/core/endpoint.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'

const SEED = 20261121
const RUNS = { seed: SEED, numRuns: 1000 }

const ARNS = {
  trustAnchor: 'arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a545a1fc-5d86',
  profile: 'arn:aws-us-gov:rolesanywhere:us-gov-west-1:123456789012:profile/6f4943fb-13d4',
  role: 'arn:aws-cn:iam::123456789012:role/path/to/a=b+c',
}

const NOW = Date.parse('2026-11-21T12:00:00Z')
const ANSWER = JSON.stringify({
  credentialSet: [
    {
      assumedRoleUser: { arn: ARNS.role, assumedRoleId: 'AROAEXAMPLE:01' },
      credentials: {
        accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE==',
        expiration: '2026-11-21T13:00:00Z',
      },
      packedPolicySize: 10,
    },
  ],
})

/** One edit: bytes flipped, cut, repeated or inserted. */
interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

const edits = fc.array(
  fc.record<Edit>({
    at: fc.nat(),
    remove: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 400 })),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => Buffer.from(text)),
      fc
        .constantFrom('"', '{', '}', '[', ':', '/', '\\u0000', '\r\n', '__proto__', '1e999', 'null')
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

function mutated(text: string, changes: readonly Edit[]): Buffer {
  let bytes = Buffer.from(text)
  for (const { at, remove, insert } of changes) {
    const start = at % (bytes.length + 1)
    bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
  }
  return bytes
}

/** The value, or undefined for an error of this project; any other error fails the property. */
function outcome<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    // One line for a terminal, whatever went in.
    expect(`${error.message}${error.hint ?? ''}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    return undefined
  }
}

describe('1,000 mutations', () => {
  it('of the unchanged inputs succeed, so that the mutations start from something good', () => {
    expect(parseTrustAnchorArn(ARNS.trustAnchor).kind).toBe('trust-anchor')
    expect(parseProfileArn(ARNS.profile).kind).toBe('profile')
    expect(parseRoleArn(ARNS.role).kind).toBe('role')
    expect(answered(Buffer.from(ANSWER), 201)?.accessKeyId).toBe('ASIAIOSFODNN7EXAMPLE')
  })

  it.each([
    ['trust anchor ARNs', ARNS.trustAnchor, parseTrustAnchorArn],
    ['profile ARNs', ARNS.profile, parseProfileArn],
    ['role ARNs', ARNS.role, parseRoleArn],
  ])('of %s end in an ARN that is safe to sign, or in an error', (_, text, parse) => {
    fc.assert(
      fc.property(edits, (changes) => {
        const input = mutated(text, changes).toString('utf8')
        const arn = outcome(() => parse(input))
        if (arn === undefined) return
        expect(arn.text).toBe(input)
        expect(arn.text).toMatch(/^[\x21-\x7e]{1,1011}$/)
        expect(arn.accountId).toMatch(/^\d{12}$/)
        expect(arn.text.endsWith(`:${arn.resource}`)).toBe(true)
      }),
      RUNS,
    )
  })

  it('of a good answer end in credentials that are safe to write, or in an error', () => {
    fc.assert(
      fc.property(edits, fc.constantFrom(200, 201), (changes, status) => {
        const credentials = answered(mutated(ANSWER, changes), status)
        if (credentials === undefined) return
        expect(credentials.accessKeyId).toMatch(/^[A-Z0-9]{16,128}$/)
        expect(credentials.secretAccessKey).toMatch(/^[\x21-\x7e]+$/)
        expect(credentials.sessionToken).toMatch(/^[\x21-\x7e]+$/)
        expect(credentials.expiresAt).toBeGreaterThan(NOW)
        expect(Date.parse(credentials.expiration)).toBe(credentials.expiresAt)
      }),
      RUNS,
    )
  })

  it('of a refusal end in an error', () => {
    const refusal = JSON.stringify({
      __type: 'a#AccessDeniedException',
      message: 'Invalid signature',
    })
    fc.assert(
      fc.property(edits, fc.integer({ min: 300, max: 599 }), (changes, status) => {
        expect(answered(mutated(refusal, changes), status)).toBeUndefined()
      }),
      RUNS,
    )
  })

  it('of JSON values of any shape end in an error', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(answered(Buffer.from(text), 201)).toBeUndefined()
        expect(answered(Buffer.from(`{"credentialSet":[${text}]}`), 201)).toBeUndefined()
      }),
      RUNS,
    )
  })

  it('of an endpoint end in a URL that keeps the signed request safe, or in an error', () => {
    fc.assert(
      fc.property(edits, fc.constantFrom('https', 'http'), (changes, scheme) => {
        const text = mutated(`${scheme}://127.0.0.1:8443/base`, changes).toString('utf8')
        const url = outcome(() => parseEndpointUrl(text))
        if (url === undefined) return
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', ''])
        if (url.protocol === 'http:') expect(url.hostname).toMatch(/^127\.\d+\.\d+\.\d+$/)
        else expect(url.protocol).toBe('https:')
      }),
      RUNS,
    )
  })
})

function answered(body: Uint8Array, status: number) {
  return outcome(() =>
    readCreateSessionResponse(
      { status, headers: { 'x-amzn-requestid': 'r-1' }, body },
      { roleArn: parseRoleArn(ARNS.role), now: NOW },
    ),
  )
}
