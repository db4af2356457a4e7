/**
 * Requests that others made and whose signatures verify, rebuilt from their parts. The RSA signature,
 * which is deterministic, is made here with node:crypto and never with a signer of this project.
 *
 * @module
 */

import { X509Certificate, createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SIGNING_ALGORITHMS } from '../../src/core/algorithms.ts'
import { certificateHeaders } from '../../src/core/certificate-headers.ts'
import { decimalSerialNumber } from '../../src/core/serial-number.ts'
import { prepareSignature } from '../../src/core/sign-request.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'

const FOLDER = new URL('captured-createsession/', VECTORS)

interface Captured {
  readonly producer: string
  readonly method: string
  readonly path: string
  readonly canonicalQuery: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly scope: string
  readonly credentialSerial: string
  readonly signature: string
  readonly authorization: string
  readonly canonicalRequest: string
  readonly stringToSign: string
  readonly privateKeyFile: string
}

const text = (path: string): string => readFileSync(new URL(path, FOLDER), 'utf8')
const captured = hasVectors ? (JSON.parse(text('requests.json')) as Captured[]) : []

/** Certificate and chain files of each request, in the order of requests.json. */
const CERTIFICATES = [
  { certificate: 'salrashid123/alice-cert.crt', chain: [] },
  { certificate: 'sorah-needroleshere/cert.pem', chain: ['sorah-needroleshere/subca.pem'] },
]

describe.skipIf(!hasVectors)('recorded requests', () => {
  it('are two, one with a signed chain', () => {
    expect(captured.map(({ headers }) => 'x-amz-x509-chain' in headers)).toEqual([false, true])
  })

  it.each(captured.map((request, index) => ({ request, files: CERTIFICATES[index]! })))(
    'of $request.producer rebuild byte for byte',
    ({ request, files }) => {
      const certificate = new X509Certificate(text(files.certificate))
      const chain = files.chain.map((path) => new X509Certificate(text(path)))
      const [, region = '', service = ''] = request.scope.split('/')
      const { authorization, ...others } = request.headers
      const headers = { ...others, ...certificateHeaders({ certificate, chain }) }
      // The certificate headers made from the files are those that were sent.
      expect(headers).toEqual(others)

      const prepared = prepareSignature(
        {
          method: request.method,
          url: new URL(`http://${headers['host']!}${request.path}?${request.canonicalQuery}`),
          headers,
          body: Buffer.from(request.body),
        },
        {
          algorithm: SIGNING_ALGORITHMS.find(({ keyType }) => keyType === 'rsa')!,
          serialNumber: decimalSerialNumber(certificate.serialNumber),
          region,
          service,
          atMs: instantOf(headers['x-amz-date']!),
        },
      )
      expect(prepared.canonicalRequest).toBe(request.canonicalRequest)
      expect(Buffer.from(prepared.stringToSign).toString()).toBe(request.stringToSign)

      const key = createPrivateKey(text(request.privateKeyFile))
      const signature = sign('sha256', prepared.stringToSign, key)
      expect(signature.toString('hex')).toBe(request.signature)
      const signed = prepared.signed(signature)
      expect(signed.headers['authorization']).toBe(authorization ?? request.authorization)
      expect(decimalSerialNumber(certificate.serialNumber)).toBe(request.credentialSerial)
    },
  )
})

function instantOf(amzDate: string): number {
  return Date.parse(
    amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
}
