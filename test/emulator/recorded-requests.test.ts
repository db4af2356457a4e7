/**
 * Requests that others signed and recorded: the verifier accepts them, and nothing near them.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalRequest } from '../../src/emulator/canonical-request.ts'
import { parseRawRequest, type RawRequest } from '../../src/emulator/raw-request.ts'
import { Refusal } from '../../src/emulator/refusal.ts'
import { createTrustAnchor } from '../../src/emulator/pkix/trust-anchor.ts'
import { verifyChain } from '../../src/emulator/pkix/verify-chain.ts'
import { verifyRequest, type VerifiedRequest } from '../../src/emulator/verify-request.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'
import { wireBytes, withHeader, type WireRequest } from '../support/pki-request.ts'

interface Recording {
  source: string
  method: string
  path: string
  canonicalQuery: string
  headers: Record<string, string>
  authorization: string
  body: string
  scope: string
  signedHeaders: string
  canonicalRequest: string
}

/** Where the certificates of each recording end. */
const ANCHORS: Record<string, string> = {
  'us-east-2': 'salrashid123/root-ca.crt',
  'us-east-1': 'sorah-needroleshere/ca.pem',
}

const folder = new URL('captured-createsession/', VECTORS)
const recordings = hasVectors
  ? (JSON.parse(readFileSync(new URL('requests.json', folder), 'utf8')) as Recording[])
  : []

describe.skipIf(!hasVectors)('recorded requests', () => {
  test('are there', () => {
    expect(recordings).toHaveLength(2)
  })

  describe.each(recordings)('$source', (recording) => {
    const wire = wireRequest(recording)
    const now = recordedAt(recording)

    test('the canonical request is rebuilt byte for byte', () => {
      const names = recording.signedHeaders.split(';')
      expect(canonicalRequest(parsed(wire), names)).toBe(recording.canonicalRequest)
    })

    test('the signature is accepted, and the chain leads to the CA of the recording', async () => {
      const [, region = ''] = recording.scope.split('/')
      const { leaf, chain } = verified(recording, wire, now)
      const anchorPem = readFileSync(new URL(ANCHORS[region] ?? '', folder), 'latin1')
      const anchor = await createTrustAnchor(anchorPem)
      // One of the certificates was made after the request that carries it.
      const validity = Math.max(now, leaf.notBefore)
      expect(() => {
        verifyChain(leaf, chain, anchor, validity)
      }).not.toThrow()
    })

    test('fifteen minutes and a second later it is refused', () => {
      expect(refusal(() => verified(recording, wire, now + 901_000))).toBe('clock-skew')
    })

    test('every changed character of the signature is noticed', () => {
      const { length } = recording.authorization
      for (const position of [1, 2, 3, 100, 255]) {
        const altered = withHeader(wire, 'authorization', (value) => {
          const digit = value.charAt(length - position) === '0' ? '1' : '0'
          return value.slice(0, length - position) + digit + value.slice(length - position + 1)
        })
        expect(refusal(() => verified(recording, altered, now))).toBe('invalid-signature')
      }
    })

    test.each<[string, (request: WireRequest) => WireRequest, string]>([
      [
        'the body',
        (request) => ({ ...request, body: request.body.replace(/\d/, '9') }),
        'invalid-signature',
      ],
      ['the method', (request) => ({ ...request, method: 'PUT' }), 'invalid-signature'],
      [
        'the path',
        (request) => ({ ...request, target: `/x${request.target}` }),
        'invalid-signature',
      ],
      [
        'the query',
        (request) => ({ ...request, target: `${request.target}&x=1`.replace(/(^[^?]*)&/, '$1?') }),
        'invalid-signature',
      ],
      [
        'the host',
        (request) => withHeader(request, 'host', () => 'example.com'),
        'invalid-signature',
      ],
      [
        'the date',
        (request) => withHeader(request, 'x-amz-date', (date) => date.replace(/\dZ$/, '0Z')),
        'invalid-signature',
      ],
      [
        'the serial number',
        (request) =>
          withHeader(request, 'authorization', (value) =>
            value.replace('Credential=', 'Credential=1'),
          ),
        'serial-mismatch',
      ],
    ])('%s was changed', (_, alter, kind) => {
      expect(refusal(() => verified(recording, alter(wire), now))).toBe(kind)
    })
  })
})

function wireRequest(recording: Recording): WireRequest {
  const query = recording.canonicalQuery === '' ? '' : `?${recording.canonicalQuery}`
  const headers = Object.entries(recording.headers).filter(
    ([name]) => name !== 'authorization' && name !== 'transfer-encoding',
  )
  return {
    method: recording.method,
    target: recording.path + query,
    headers: [
      ...headers,
      ['Authorization', recording.authorization],
      ['Transfer-Encoding', 'chunked'],
    ],
    body: recording.body,
  }
}

function parsed(wire: WireRequest): RawRequest {
  const size = Buffer.byteLength(wire.body).toString(16)
  const bytes = wireBytes({ ...wire, body: `${size}\r\n${wire.body}\r\n0\r\n\r\n` })
  const result = parseRawRequest(bytes)
  if (result === undefined) throw new Error('the request is not complete')
  expect(result.length).toBe(bytes.length)
  return result.request
}

function verified(recording: Recording, wire: WireRequest, now: number): VerifiedRequest {
  const [, region = '', service = ''] = recording.scope.split('/')
  return verifyRequest(parsed(wire), { now, region, service })
}

function refusal(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    if (error instanceof Refusal) return error.kind
    throw error
  }
  return undefined
}

function recordedAt({ headers }: Recording): number {
  const date = headers['x-amz-date'] ?? ''
  return Date.parse(date.replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'))
}
