/**
 * One test for each way a request can be wrong: the emulator, not our signer, judges.
 *
 * The requests are signed by test/support/pki-request.ts, which shares nothing with src/.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import {
  ARNS,
  exchange,
  signRequest,
  withHeader,
  wireBytes,
  exchangeRaw,
  parseResponse,
  type SigningOptions,
  type WireRequest,
} from '../support/pki-request.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')
const REVOKED = 0xdeadn

let root: Authority
let leaf: IssuedCertificate
let emulator: Emulator

beforeAll(async () => {
  root = await createAuthority()
  leaf = await root.issue({ subject: 'CN=client,O=Example' })
  emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    revocationLists: await root.revocationList([REVOKED]),
    clock: () => NOW,
    region: 'eu-central-1',
  })
})

afterAll(async () => {
  await emulator.close()
})

function signed(options: Partial<SigningOptions> = {}): WireRequest {
  return signRequest({ ...leaf, at: NOW, ...options })
}

interface Answer {
  status: number
  type: string | undefined
  message: string
  reason: string | undefined
}

async function answerTo(request: WireRequest): Promise<Answer> {
  const { status, headers, body } = await exchange(emulator.url, request)
  const { message = '' } = JSON.parse(body) as { message?: string }
  return {
    status,
    type: headers['x-amzn-errortype'],
    message,
    reason: headers['x-emulator-reason'],
  }
}

async function answerToLeaf(
  options: CertificateOptions,
  from: Authority = root,
  signing: Partial<SigningOptions> = {},
): Promise<Answer> {
  return answerTo(signed({ ...(await from.issue(options)), ...signing }))
}

function denied(message: string, reason: RegExp): object {
  return {
    status: 403,
    type: 'AccessDeniedException',
    message,
    reason: expect.stringMatching(reason) as string,
  }
}

const INVALID_SIGNATURE = 'Invalid signature'
const UNTRUSTED = 'Untrusted signing certificate'
const INSUFFICIENT = 'Untrusted certificate. Insufficient certificate'

it('a right request is answered with a session', async () => {
  const { status, headers, body } = await exchange(emulator.url, signed())
  expect(status).toBe(201)
  expect(headers['content-type']).toBe('application/json')
  expect(headers['date']).toBe('Sun, 22 Nov 2026 10:00:00 GMT')
  expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  expect(JSON.parse(body)).toMatchObject({
    credentialSet: [
      {
        assumedRoleUser: {
          arn: expect.stringMatching(
            /^arn:aws:sts::111122223333:assumed-role\/example\/[0-9a-f]+$/,
          ) as string,
        },
        credentials: {
          accessKeyId: expect.stringMatching(/^ASIAEMULATOR[A-Z2-7]{8}$/) as string,
          secretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/) as string,
          sessionToken: expect.stringMatching(/^[A-Za-z0-9+/]{800,}=*$/) as string,
          expiration: '2026-11-22T11:00:00Z',
        },
        roleArn: ARNS.roleArn,
        sourceIdentity: 'CN=client',
      },
    ],
  })
  expect(emulator.requests.at(-1)).toMatchObject({
    verdict: { kind: 'accepted', subject: 'CN=client, O=Example' },
    status: 201,
    path: '/sessions',
  })
})

describe('a signature that does not fit is refused', () => {
  it.each<[string, (request: WireRequest) => WireRequest]>([
    [
      'an altered body',
      (request) => ({ ...request, body: request.body.replace('example', 'exampl3') }),
    ],
    ['an added query', (request) => ({ ...request, target: '/sessions?x=1' })],
    [
      'an altered header',
      (request) => withHeader(request, 'content-type', () => 'text/plain_json'),
    ],
    ['an altered host', (request) => withHeader(request, 'host', () => 'localhost:8443')],
    [
      'an altered date',
      (request) =>
        withHeader(request, 'x-amz-date', (date) => date.replace('T100000Z', 'T100001Z')),
    ],
    [
      'an altered signature',
      (request) =>
        withHeader(request, 'authorization', (value) =>
          value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
        ),
    ],
    [
      'a swapped order of query parameters that changes their meaning',
      (request) => ({ ...request, target: '/sessions?a=b%26c' }),
    ],
  ])('%s', async (_, alter) => {
    expect(await answerTo(alter(signed()))).toEqual(denied(INVALID_SIGNATURE, /does not fit/))
  })

  it('an altered query', async () => {
    const query = new URLSearchParams(ARNS).toString()
    const request = signed({ target: `/sessions?${query}`, body: '{}' })
    expect(await answerTo(request)).toMatchObject({ status: 201 })
    const altered = { ...request, target: request.target.replace('example', 'exampl3') }
    expect(await answerTo(altered)).toEqual(denied(INVALID_SIGNATURE, /does not fit/))
  })

  it('an altered chain', async () => {
    const [one, other] = [await root.issueAuthority(), await root.issueAuthority()]
    const request = signed({ ...(await one.issue()), chainPem: [one.certificatePem] })
    const replacement = signed({ ...leaf, chainPem: [other.certificatePem] })
    const chain = replacement.headers.find(([name]) => name === 'X-Amz-X509-Chain')?.[1] ?? ''
    const altered = withHeader(request, 'x-amz-x509-chain', () => chain)
    expect(await answerTo(altered)).toEqual(denied(INVALID_SIGNATURE, /does not fit/))
  })

  it('the key of another certificate', async () => {
    const { privateKeyPem } = await root.issue()
    expect(await answerTo(signed({ privateKeyPem }))).toEqual(
      denied(
        INVALID_SIGNATURE,
        /another key than that of the certificate "CN=client, O=Example" signed/,
      ),
    )
  })
})

describe('what has to be signed must be', () => {
  it.each(['host', 'content-type', 'x-amz-date', 'x-amz-x509'])('%s', async (name) => {
    const message = `'${name}' must be a 'SignedHeader' in the AWS Authorization`
    expect(await answerTo(signed({ leaveUnsigned: [name] }))).toEqual(
      denied(message, /must be a 'SignedHeader'/),
    )
  })

  it('x-amz-x509-chain', async () => {
    const request = signed({
      chainPem: [root.certificatePem],
      leaveUnsigned: ['x-amz-x509-chain'],
    })
    expect(await answerTo(request)).toEqual(
      denied("'x-amz-x509-chain' must be a 'SignedHeader' in the AWS Authorization", /chain/),
    )
  })

  it('an x-amz header of any other name', async () => {
    const request = signed()
    request.headers.push(['X-Amz-Meta-Thing', '1'])
    expect(await answerTo(request)).toEqual(
      denied("'x-amz-meta-thing' must be a 'SignedHeader' in the AWS Authorization", /thing/),
    )
  })

  it('a header in the list that was not sent', async () => {
    const request = withHeader(signed(), 'authorization', (value) =>
      value.replace('SignedHeaders=', 'SignedHeaders=accept;'),
    )
    expect(await answerTo(request)).toEqual(denied(INVALID_SIGNATURE, /names 'accept'/))
  })
})

describe('an Authorization header that is not one is refused', () => {
  it('none', async () => {
    const request = signed()
    request.headers = request.headers.filter(([name]) => name !== 'Authorization')
    expect(await answerTo(request)).toEqual(denied('Missing Authentication Token', /no Authori/))
  })

  it.each<[string, (value: string) => string, RegExp]>([
    ['no parameters', () => 'AWS4-X509-RSA-SHA256', /no parameters/],
    ['another algorithm', (value) => value.replace('X509-ECDSA', 'HMAC'), /not an algorithm/],
    ...['__proto__', 'toString', 'constructor'].map(
      (name): [string, (value: string) => string, RegExp] => [
        `the algorithm ${name}`,
        (value) => value.replace(/^[^ ]+/, name),
        /not an algorithm/,
      ],
    ),
    ['no signature', (value) => value.replace(/, Signature=.*/, ''), /has no Signature/],
    [
      'upper-case hexadecimal',
      (value) => value.replace(/Signature=../, 'Signature=AB'),
      /lower-case/,
    ],
    [
      'unsorted headers',
      (value) => value.replace('content-type;host', 'host;content-type'),
      /sorted/,
    ],
    ['repeated headers', (value) => value.replace('host;', 'host;host;'), /repetition/],
    [
      'headers joined by commas',
      (value) => value.replace('content-type;', 'content-type,'),
      /once each/,
    ],
    [
      'a scope of another kind',
      (value) => value.replace('aws4_request', 'aws5_request'),
      /has to be SERIAL/,
    ],
    ['a parameter given twice', (value) => `${value}, Signature=00`, /once each/],
  ])('%s', async (_, alter, reason) => {
    const answer = await answerTo(withHeader(signed(), 'authorization', alter))
    expect(answer).toMatchObject({ status: 403, type: 'AccessDeniedException' })
    expect(answer.reason).toMatch(reason)
  })

  it('two of them', async () => {
    const request = signed()
    request.headers.push(['Authorization', 'none'])
    expect((await answerTo(request)).reason).toMatch(/more than one Authorization/)
  })

  it('the algorithm of the other kind of key', async () => {
    expect(await answerTo(signed({ algorithm: 'AWS4-X509-RSA-SHA256' }))).toEqual(
      denied('Signing algorithm does not match the key of the signing certificate', /type ec/),
    )
  })
})

describe('the serial number is that of the certificate, in decimal', () => {
  const message = 'Credential does not match the serial number of the signing certificate'

  it('another number', async () => {
    expect(await answerTo(signed({ credentialSerial: '42' }))).toEqual(denied(message, /number 42/))
  })

  it('the right number in hexadecimal', async () => {
    const hex = leaf.serialNumber.toString(16)
    expect(await answerTo(signed({ credentialSerial: hex }))).toEqual(denied(message, /decimal/))
  })

  it.each([1n, 0n, -5n, 128n, (1n << 159n) - 1n, -(1n << 64n)])(
    '%s works',
    async (serialNumber) => {
      expect(await answerToLeaf({ serialNumber })).toMatchObject({ status: 201 })
    },
  )
})

describe('the date is near the time of the server', () => {
  const minute = 60_000

  it.each([-15 * minute, 15 * minute])('%i ms away is accepted', async (offset) => {
    expect(await answerTo(signed({ at: NOW + offset }))).toMatchObject({ status: 201 })
  })

  it('more than 15 minutes old', async () => {
    const answer = await answerTo(signed({ at: NOW - 15 * minute - 1000 }))
    expect(answer).toEqual(denied(answer.message, /^Signature expired: 20261122T094459Z/))
  })

  it('more than 15 minutes ahead', async () => {
    const answer = await answerTo(signed({ at: NOW + 15 * minute + 1000 }))
    expect(answer).toEqual(denied(answer.message, /^Signature not yet current: 20261122T101501Z/))
  })

  it('a date that is none', async () => {
    const request = withHeader(signed(), 'x-amz-date', () => '20260230T100000Z')
    expect((await answerTo(request)).reason).toMatch(/X-Amz-Date has to be/)
  })

  it('two dates', async () => {
    const request = signed()
    request.headers.push(['X-Amz-Date', '20261122T100000Z'])
    expect((await answerTo(request)).reason).toMatch(/exactly one x-amz-date/)
  })
})

describe('the scope fits', () => {
  it.each<[string, Partial<SigningOptions>, RegExp]>([
    ['another day', { scopeDate: '20261121' }, /does not match X-Amz-Date/],
    ['another service', { service: 'sts' }, /correct service: 'rolesanywhere'/],
    ['another region', { region: 'us-east-1' }, /valid region, not 'us-east-1'/],
  ])('%s', async (_, options, reason) => {
    const answer = await answerTo(signed(options))
    expect(answer).toEqual(denied(answer.message, reason))
  })
})

describe('the certificate has to be one', () => {
  it.each<[string, (value: string) => string]>([
    [
      'URL-safe Base64',
      (value) => value.replaceAll('+', '-').replaceAll('/', '_').replace('A', '-'),
    ],
    ['no padding and junk', (value) => `${value}!`],
    [
      'half of a certificate',
      (value) => Buffer.from(value, 'base64').subarray(0, 200).toString('base64'),
    ],
    [
      'bytes behind it',
      (value) => Buffer.concat([Buffer.from(value, 'base64'), Buffer.from([0])]).toString('base64'),
    ],
    ['nothing', () => ''],
  ])('%s', async (_, alter) => {
    const request = withHeader(signed(), 'x-amz-x509', alter)
    expect(await answerTo(request)).toEqual(denied('Malformed certificate', /X-Amz-X509/))
  })

  it('none', async () => {
    const request = signed({ leaveUnsigned: ['x-amz-x509'] })
    request.headers = request.headers.filter(([name]) => name !== 'X-Amz-X509')
    expect((await answerTo(request)).reason).toMatch(/exactly one x-amz-x509/)
  })
})

describe('a leaf without what Roles Anywhere asks for is refused', () => {
  it.each<[string, CertificateOptions, RegExp]>([
    ['a CA certificate', { isCa: true }, /is a CA certificate/],
    ['no basicConstraints', { isCa: null }, /has no basicConstraints/],
    ['no keyUsage', { keyUsage: null }, /has no keyUsage extension/],
    [
      'keyUsage without digitalSignature',
      { keyUsage: ['keyEncipherment'] },
      /without digitalSignature/,
    ],
    ['a SHA-1 signature', { hash: 'SHA-1' }, /hash weaker than SHA-256/],
    ['X.509 version 1', { version: 1 }, /not an X.509 version 3/],
    [
      'an empty subject',
      { subject: '' },
      /the certificate with serial number [0-9a-f]+ has an empty/,
    ],
  ])('%s', async (_, options, reason) => {
    expect(await answerToLeaf(options)).toEqual(denied(INSUFFICIENT, reason))
  })
})

describe('validity and revocation', () => {
  it('expired', async () => {
    const answer = await answerToLeaf({ notAfter: new Date(NOW - 1000) })
    expect(answer).toEqual(denied('Certificate expired', /expired at 2026-11-22T09:59:59/))
  })

  it('not yet valid', async () => {
    const answer = await answerToLeaf({ notBefore: new Date(NOW + 1000) })
    expect(answer).toEqual(
      denied('Certificate not yet valid', /not valid before 2026-11-22T10:00:01/),
    )
  })

  it('the first and the last second count, the last one to its end', async () => {
    const issued = await root.issue({ notBefore: new Date(NOW), notAfter: new Date(NOW) })
    let now = NOW
    await using at = await startEmulator({ trustAnchors: root.certificatePem, clock: () => now })
    const statuses: number[] = []
    for (now of [NOW - 1, NOW, NOW + 999, NOW + 1000]) {
      statuses.push((await exchange(at.url, signed(issued))).status)
    }
    expect(statuses).toEqual([403, 201, 201, 403])
  })

  it('revoked', async () => {
    const answer = await answerToLeaf({ serialNumber: REVOKED })
    expect(answer).toEqual(denied('Certificate revoked', /serial number dead\) is revoked/))
  })

  it('the same serial number from another CA is not revoked', async () => {
    const lower = await root.issueAuthority()
    const answer = await answerToLeaf({ serialNumber: REVOKED }, lower, {
      chainPem: [lower.certificatePem],
    })
    expect(answer).toMatchObject({ status: 201 })
  })

  it('a revoked intermediate takes its leaves along', async () => {
    const lower = await root.issueAuthority({ serialNumber: REVOKED })
    const answer = await answerToLeaf({}, lower, { chainPem: [lower.certificatePem] })
    expect(answer).toEqual(denied('Certificate revoked', /Intermediate CA/))
  })
})

describe('a chain that does not lead to the trust anchor is refused', () => {
  it('a stranger, even under the same name', async () => {
    const impostor = await createAuthority()
    expect(await answerToLeaf({}, impostor)).toEqual(
      denied(
        UNTRUSTED,
        /neither the trust anchor nor the chain holds the issuer "CN=Throwaway Root CA"/,
      ),
    )
  })

  it('a stranger that brings its own root', async () => {
    const impostor = await createAuthority()
    const answer = await answerToLeaf({}, impostor, { chainPem: [impostor.certificatePem] })
    expect(answer).toEqual(denied(UNTRUSTED, /holds the issuer/))
  })

  it('a self-signed leaf', async () => {
    const { certificatePem, privateKeyPem } = await createAuthority({ subject: 'CN=me' })
    expect(await answerTo(signed({ certificatePem, privateKeyPem }))).toEqual(
      denied(UNTRUSTED, /holds the issuer "CN=me"/),
    )
  })

  it('a missing intermediate', async () => {
    const lower = await root.issueAuthority({ subject: 'CN=Issuing' })
    expect(await answerToLeaf({}, lower)).toEqual(denied(UNTRUSTED, /the issuer "CN=Issuing"/))
  })

  it.each<[string, CertificateOptions, RegExp]>([
    ['not a CA', { isCa: false }, /"CN=Lower" is not a CA certificate/],
    ['without basicConstraints', { isCa: null }, /"CN=Lower" is not a CA certificate/],
    ['without keyCertSign', { keyUsage: ['digitalSignature'] }, /"CN=Lower" has no keyUsage/],
    ['with a SHA-1 signature', { hash: 'SHA-1' }, /"CN=Lower" is signed with a hash weaker/],
    ['of version 1', { version: 1 }, /"CN=Lower" is not an X.509 version 3/],
  ])('an intermediate %s', async (_, options, reason) => {
    const lower = await root.issueAuthority({ ...options, subject: 'CN=Lower' })
    const answer = await answerToLeaf({}, lower, { chainPem: [lower.certificatePem] })
    expect(answer).toEqual(denied(UNTRUSTED, reason))
  })

  it('an expired intermediate', async () => {
    const lower = await root.issueAuthority({ notAfter: new Date(NOW - 1000) })
    const answer = await answerToLeaf({}, lower, { chainPem: [lower.certificatePem] })
    expect(answer).toEqual(denied('Certificate expired', /Intermediate CA" expired/))
  })

  it('more CAs than the path length allows', async () => {
    const upper = await root.issueAuthority({ subject: 'CN=Upper', pathLength: 0 })
    const lower = await upper.issueAuthority({ subject: 'CN=Lower' })
    const answer = await answerToLeaf({}, lower, {
      chainPem: [lower.certificatePem, upper.certificatePem],
    })
    expect(answer).toEqual(denied(UNTRUSTED, /"CN=Upper" allows 0 CA certificates below it/))
  })

  it('six certificates in the chain', async () => {
    const chainPem = Array.from({ length: 6 }, () => root.certificatePem)
    expect(await answerTo(signed({ chainPem }))).toEqual(
      denied('Too many certificates in chain', /holds 6 certificates, at most 5/),
    )
  })

  it('a chain that is not made of certificates', async () => {
    const request = signed({ headers: [['X-Amz-X509-Chain', 'AAAA,BBBB']] })
    expect(await answerTo(request)).toEqual(
      denied('Malformed certificate chain', /X-Amz-X509-Chain does not hold/),
    )
  })
})

describe('path building is bounded', () => {
  it('by certificates that all sign each other', async () => {
    const { privateKeyPem } = await createAuthority()
    const equals = await Promise.all(
      [1n, 2n, 3n, 4n, 5n].map((serialNumber) =>
        createAuthority({ subject: 'CN=Equal', privateKeyPem, serialNumber }),
      ),
    )
    const chainPem = equals.map(({ certificatePem }) => certificatePem)
    expect(await answerToLeaf({}, equals[0], { chainPem })).toEqual(
      denied(UNTRUSTED, /holds the issuer "CN=Equal" of the certificate "CN=Equal"/),
    )
  })
})

describe('a chain that does lead to the trust anchor is accepted', () => {
  it('five deep, in any order, with leaf and root among them', async () => {
    const first = await root.issueAuthority({ subject: 'CN=1', keyType: 'rsa' })
    const second = await first.issueAuthority({ subject: 'CN=2', hash: 'SHA-512' })
    const third = await second.issueAuthority({ subject: 'CN=3', curve: 'P-521', pathLength: 0 })
    const issued = await third.issue({ keyType: 'rsa' })
    const chain = [second, issued, root, first, third].map(({ certificatePem }) => certificatePem)
    expect(await answerTo(signed({ ...issued, chainPem: chain }))).toMatchObject({ status: 201 })
  })

  it('by the way that is still valid, when a CA was renewed with the same key', async () => {
    const old = await root.issueAuthority({ notAfter: new Date(NOW - 1000) })
    const renewed = await root.issueAuthority({ privateKeyPem: old.privateKeyPem })
    for (const chainPem of [
      [old.certificatePem, renewed.certificatePem],
      [renewed.certificatePem, old.certificatePem],
    ]) {
      expect(await answerToLeaf({}, old, { chainPem })).toMatchObject({ status: 201 })
    }
  })

  it.each<CertificateOptions>([
    { keyType: 'rsa', modulusLength: 2048 },
    { keyType: 'rsa', modulusLength: 4096 },
    { curve: 'P-256' },
    { curve: 'P-384' },
    { curve: 'P-521' },
  ])('a leaf with the key %o', async (options) => {
    expect(await answerToLeaf(options)).toMatchObject({ status: 201 })
  })
})

it('a chunked body is read as the bytes it carries', async () => {
  const request = signed()
  const { body } = request
  const half = body.length >> 1
  const chunks = [body.slice(0, half), body.slice(half), '']
  const chunked: WireRequest = {
    ...request,
    headers: request.headers.map(([name, value]) =>
      name === 'Content-Length' ? ['Transfer-Encoding', 'chunked'] : [name, value],
    ),
    body: chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join(''),
  }
  chunked.headers.push(['Connection', 'close'])
  const answer = parseResponse(await exchangeRaw(emulator.url, wireBytes(chunked)))
  expect(answer.status).toBe(201)
})

it('white space around and inside values does not matter, other headers may be unsigned', async () => {
  const request = signed({ headers: [['X-Amz-Note', 'two  words']] })
  const spaced = withHeader(request, 'x-amz-note', () => '   two     words  ')
  spaced.headers.push(['User-Agent', 'test'], ['Accept', '*/*'])
  expect(await answerTo(spaced)).toMatchObject({ status: 201 })
})

it('another path or method is no operation', async () => {
  expect(await answerTo({ ...signed(), method: 'GET' })).toMatchObject({
    status: 404,
    type: 'UnknownOperationException',
  })
  expect(await answerTo(signed({ target: '/other' }))).toMatchObject({ status: 404 })
})
