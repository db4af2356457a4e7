import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signingAlgorithmOf } from '../../../src/core/algorithms.ts'
import type { HttpRequest } from '../../../src/core/ports.ts'
import { prepareSignature } from '../../../src/core/sign-request.ts'
import { refusalOf } from '../../support/refusal.ts'

const AT = Date.parse('2026-11-21T12:00:00.900Z')
const HEADERS = {
  'content-type': 'application/json',
  host: 'h.example',
  'x-amz-date': '20261121T120000Z',
}

function prepare(request: Partial<HttpRequest> = {}, curve = 'prime256v1') {
  const pair = generateKeyPairSync('ec', { namedCurve: curve })
  const prepared = prepareSignature(
    {
      method: 'POST',
      url: new URL('https://h.example/sessions'),
      headers: HEADERS,
      body: Buffer.from('{}'),
      ...request,
    },
    {
      algorithm: signingAlgorithmOf(pair.publicKey),
      serialNumber: '21',
      region: 'eu-central-1',
      service: 'rolesanywhere',
      atMs: AT,
    },
  )
  return { ...pair, prepared }
}

describe('prepareSignature', () => {
  it('gives a string to sign of four lines', () => {
    const lines = Buffer.from(prepare().prepared.stringToSign).toString().split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'AWS4-X509-ECDSA-SHA256',
      '20261121T120000Z',
      '20261121/eu-central-1/rolesanywhere/aws4_request',
    ])
    expect(lines[3]).toMatch(/^[0-9a-f]{64}$/)
    expect(lines).toHaveLength(4)
  })

  it.each(['prime256v1', 'secp384r1', 'secp521r1'])(
    'puts a signature of %s into the Authorization header, and changes nothing else',
    (curve) => {
      const { prepared, privateKey, publicKey } = prepare({}, curve)
      const { authorization, ...headers } = prepared.signed(
        sign('sha256', prepared.stringToSign, privateKey),
      ).headers
      const [, start, hex = ''] = /^(.*)Signature=([0-9a-f]+)$/.exec(authorization ?? '') ?? []
      expect(start).toBe(
        'AWS4-X509-ECDSA-SHA256 ' +
          'Credential=21/20261121/eu-central-1/rolesanywhere/aws4_request, ' +
          'SignedHeaders=content-type;host;x-amz-date, ',
      )
      const signature = Buffer.from(hex, 'hex')
      expect(verify('sha256', prepared.stringToSign, publicKey, signature)).toBe(true)
      expect(headers).toEqual(HEADERS)
    },
  )

  it('does not sign what the transport or a proxy may change', () => {
    const unsigned = {
      'user-agent': 'a',
      'accept-encoding': 'gzip',
      connection: 'close',
      'transfer-encoding': 'chunked',
      'x-amzn-trace-id': 't',
      authorization: 'old',
    }
    const { prepared } = prepare({ headers: { ...HEADERS, ...unsigned } })
    expect(prepared.canonicalRequest).toBe(prepare().prepared.canonicalRequest)
  })

  it('signs the path and query that are sent', () => {
    const url = new URL('https://h.example/base/sessions?b=2&a=1')
    const lines = prepare({ url }).prepared.canonicalRequest.split('\n')
    expect(lines.slice(1, 3)).toEqual(['/base/sessions', 'a=1&b=2'])
  })

  it.each(['a\rb', 'a\nb', 'a\r\nx-evil: 1', 'a\0', '\x7f', 'é', '\u202e'])(
    'refuses the header value %j',
    (value) => {
      const error = refusalOf(() => prepare({ headers: { ...HEADERS, 'x-a': value } }))
      expect(error.code).toBe('ERR_INTERNAL')
      expect(error.message).toContain('"x-a"')
    },
  )

  it.each(['', 'X-A', 'x a', 'x:a', 'x\n'])('refuses the header name %j', (name) => {
    const error = refusalOf(() => prepare({ headers: { ...HEADERS, [name]: 'v' } }))
    expect(error.code).toBe('ERR_INTERNAL')
  })

  it.each(['20261121T120001Z', ''])('refuses a request dated %j for another instant', (date) => {
    const error = refusalOf(() => prepare({ headers: { ...HEADERS, 'x-amz-date': date } }))
    expect(error.message).toBe('x-amz-date and the credential scope disagree')
  })

  it('refuses an empty signature', () => {
    const { prepared } = prepare()
    expect(refusalOf(() => prepared.signed(Buffer.of())).code).toBe('ERR_KEY_SIGN_FAILED')
  })
})
