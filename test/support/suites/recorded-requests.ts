/**
 * What is asked of a request that others signed and recorded: our own code rebuilds it byte for byte,
 * and the emulator's verifier accepts it, and nothing near it.
 *
 * @module
 */

import { X509Certificate, createPrivateKey, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SIGNING_ALGORITHMS } from '../../../src/core/algorithms.ts'
import { certificateHeaders } from '../../../src/core/certificate-headers.ts'
import { decimalSerialNumber } from '../../../src/core/serial-number.ts'
import { prepareSignature } from '../../../src/core/sign-request.ts'
import { canonicalRequest } from '../../../src/emulator/canonical-request.ts'
import { parseRawRequest, type RawRequest } from '../../../src/emulator/raw-request.ts'
import { Refusal } from '../../../src/emulator/refusal.ts'
import { createTrustAnchor } from '../../../src/emulator/pkix/trust-anchor.ts'
import { verifyChain } from '../../../src/emulator/pkix/verify-chain.ts'
import { verifyRequest, type VerifiedRequest } from '../../../src/emulator/verify-request.ts'
import { wireBytes, withHeader, type WireRequest } from '../pki-request.ts'

export interface Recording {
  readonly method: string
  readonly path: string
  readonly canonicalQuery: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly authorization: string
  readonly body: string
  /** DATE/REGION/SERVICE/aws4_request */
  readonly scope: string
  readonly credentialSerial: string
  readonly signedHeaders: string
  readonly canonicalRequest: string
  readonly stringToSign: string
  /** Hexadecimal. */
  readonly signature: string
}

export interface RecordedRequest {
  readonly recording: Recording
  readonly certificatePem: string
  readonly chainPem: readonly string[]
  /** Where the chain ends. */
  readonly anchorPem: string
  readonly privateKeyPem: string
}

export interface RecordedCase {
  readonly name: string
  /** Made on the first call where it has to be made. */
  get(): RecordedRequest
}

/** Our signing code against what others signed. */
export function rebuildSuite(cases: readonly RecordedCase[]): void {
  it.each(cases)('$name is rebuilt byte for byte', (one) => {
    const { recording, privateKeyPem, ...files } = one.get()
    const certificate = new X509Certificate(files.certificatePem)
    const chain = files.chainPem.map((pem) => new X509Certificate(pem))
    const [, region = '', service = ''] = recording.scope.split('/')
    const others = withoutAuthorization(recording.headers)
    const headers = { ...others, ...certificateHeaders({ certificate, chain }) }
    // The certificate headers made from the files are those that were sent.
    expect(headers).toEqual(others)

    const key = createPrivateKey(privateKeyPem)
    const algorithm = SIGNING_ALGORITHMS.find(({ keyType }) => keyType === key.asymmetricKeyType)!
    const serialNumber = decimalSerialNumber(certificate.serialNumber)
    expect(serialNumber).toBe(recording.credentialSerial)
    const query = recording.canonicalQuery === '' ? '' : `?${recording.canonicalQuery}`
    const prepared = prepareSignature(
      {
        method: recording.method,
        url: new URL(`http://${headers['host']!}${recording.path}${query}`),
        headers,
        body: Buffer.from(recording.body),
      },
      { algorithm, serialNumber, region, service, atMs: recordedAt(recording) },
    )
    expect(prepared.canonicalRequest).toBe(recording.canonicalRequest)
    expect(Buffer.from(prepared.stringToSign).toString()).toBe(recording.stringToSign)

    const theirs = Buffer.from(recording.signature, 'hex')
    expect(verify('sha256', prepared.stringToSign, certificate.publicKey, theirs)).toBe(true)
    if (algorithm.keyType === 'rsa') {
      // Which is deterministic; made by node:crypto, and never by a signer of this project.
      expect(sign('sha256', prepared.stringToSign, key).equals(theirs)).toBe(true)
    }
    expect(prepared.signed(theirs).headers['authorization']).toBe(recording.authorization)
  })
}

function withoutAuthorization(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'))
}

/** The emulator's verifier against what others signed. */
export function verifierSuite(cases: readonly RecordedCase[]): void {
  describe.each(cases)('$name', (one) => {
    const request = (): { recording: Recording; wire: WireRequest; now: number } => {
      const { recording } = one.get()
      return { recording, wire: wireRequest(recording), now: recordedAt(recording) }
    }

    it('the canonical request is rebuilt byte for byte', () => {
      const { recording, wire } = request()
      const names = recording.signedHeaders.split(';')
      expect(canonicalRequest(parsed(wire), names)).toBe(recording.canonicalRequest)
    })

    it('the signature is accepted, and the chain leads to the CA of the recording', async () => {
      const { recording, wire, now } = request()
      const { leaf, chain } = verified(recording, wire, now)
      const anchor = await createTrustAnchor(one.get().anchorPem)
      // One of the certificates was made after the request that carries it.
      const validity = Math.max(now, leaf.notBefore)
      expect(() => {
        verifyChain(leaf, chain, anchor, validity)
      }).not.toThrow()
    })

    it('fifteen minutes and a second later it is refused', () => {
      const { recording, wire, now } = request()
      expect(refusal(() => verified(recording, wire, now + 901_000))).toBe('clock-skew')
    })

    it('every changed character of the signature is noticed', () => {
      const { recording, wire, now } = request()
      const { length } = recording.authorization
      for (const position of [1, 2, 3, 50, recording.signature.length - 20]) {
        const altered = withHeader(wire, 'authorization', (value) => {
          const digit = value.charAt(length - position) === '0' ? '1' : '0'
          return value.slice(0, length - position) + digit + value.slice(length - position + 1)
        })
        expect(refusal(() => verified(recording, altered, now))).toBe('invalid-signature')
      }
    })

    it.each(CHANGES)('%s was changed', (_, alter, kind) => {
      const { recording, wire, now } = request()
      expect(refusal(() => verified(recording, alter(wire), now))).toBe(kind)
    })
  })
}

const CHANGES: [string, (request: WireRequest) => WireRequest, string][] = [
  [
    'the body',
    (request) => ({ ...request, body: request.body.replace(/\d/, '7') }),
    'invalid-signature',
  ],
  ['the method', (request) => ({ ...request, method: 'PUT' }), 'invalid-signature'],
  ['the path', (request) => ({ ...request, target: `/x${request.target}` }), 'invalid-signature'],
  [
    'the query',
    (request) => ({ ...request, target: `${request.target}&x=1`.replace(/(^[^?]*)&/, '$1?') }),
    'invalid-signature',
  ],
  ['the host', (request) => withHeader(request, 'host', () => 'example.com'), 'invalid-signature'],
  [
    'the date',
    (request) =>
      withHeader(request, 'x-amz-date', (date) =>
        date.replace(/\dZ$/, (end) => (end === '0Z' ? '1Z' : '0Z')),
      ),
    'invalid-signature',
  ],
  [
    'the serial number',
    (request) =>
      withHeader(request, 'authorization', (value) => value.replace('Credential=', 'Credential=1')),
    'serial-mismatch',
  ],
]

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
