/** What CreateSession makes of its parameters, and how its limits answer. */

import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../src/core/arn.ts'
import { signingAlgorithmOf } from '../../src/core/algorithms.ts'
import { createSessionRequest } from '../../src/core/create-session-request.ts'
import { decimalSerialNumber } from '../../src/core/serial-number.ts'
import { prepareSignature } from '../../src/core/sign-request.ts'
import type { CreateSessionResult } from '../../src/emulator/create-session.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import {
  ARNS,
  REGION,
  exchange,
  signRequest,
  type WireRequest,
  type WireResponse,
} from '../support/pki-request.ts'

const NOW = Date.parse('2026-11-22T10:00:00.999Z')

let root: Authority
let leaf: IssuedCertificate
let plain: Emulator
let generous: Emulator

beforeAll(async () => {
  root = await createAuthority()
  leaf = await root.issue({ subject: 'CN=client', serialNumber: 0xabcn })
  plain = await start({})
  generous = await start({
    acceptRoleSessionName: true,
    profileDuration: 43_200,
    maxSessionDuration: 7200,
  })
})

afterAll(async () => {
  await plain.close()
  await generous.close()
})

function start(options: Partial<EmulatorOptions>): Promise<Emulator> {
  return startEmulator({ trustAnchors: root.certificatePem, clock: () => NOW, ...options })
}

function post(members: object, target = '/sessions', emulator = plain): Promise<WireResponse> {
  return exchange(emulator.url, signed({ body: JSON.stringify(members), target }))
}

function signed(options: { body?: string; target?: string; region?: string }): WireRequest {
  return signRequest({ ...leaf, at: NOW, ...options })
}

function session({ body }: WireResponse): CreateSessionResult['credentialSet'][0] {
  return (JSON.parse(body) as CreateSessionResult).credentialSet[0]
}

async function sessionOf(options: CertificateOptions): Promise<ReturnType<typeof session>> {
  const issued = await root.issue(options)
  return session(await exchange(plain.url, signRequest({ ...issued, at: NOW })))
}

const QUERY = `/sessions?${new URLSearchParams(ARNS).toString()}`

describe('the ARNs', () => {
  it('may come in the body', async () => {
    expect(await post(ARNS)).toMatchObject({ status: 201 })
  })

  it('may come in the query, with a body or without', async () => {
    expect(await post({ durationSeconds: 3600 }, QUERY)).toMatchObject({ status: 201 })
    expect(await exchange(plain.url, signed({ body: '', target: QUERY }))).toMatchObject({
      status: 201,
    })
  })

  it('may come in both, when they agree', async () => {
    expect(await post(ARNS, QUERY)).toMatchObject({ status: 201 })
  })

  const other = { ...ARNS, trustAnchorArn: ARNS.trustAnchorArn.replace(REGION, 'us-east-1') }
  it.each<[string, object, string, string?]>([
    ['nothing', {}, "'trustAnchorArn' is required"],
    ['no profile', { ...ARNS, profileArn: undefined }, "'profileArn' is required"],
    ['a null role', { ...ARNS, roleArn: null }, "'roleArn' is required"],
    ['a number', { ...ARNS, roleArn: 1 }, "'roleArn' has to be a string"],
    ['no ARN', { ...ARNS, roleArn: 'example' }, "'roleArn' is not the ARN of a role"],
    [
      'a user',
      { ...ARNS, roleArn: 'arn:aws:iam::111122223333:user/x' },
      "'roleArn' is not the ARN of a role",
    ],
    [
      'a profile as trust anchor',
      { ...ARNS, trustAnchorArn: ARNS.profileArn },
      "'trustAnchorArn' is not the ARN of a trust-anchor",
    ],
    [
      '1012 characters',
      { ...ARNS, roleArn: ARNS.roleArn.padEnd(1012, 'x') },
      "'roleArn' is not the ARN of a role",
    ],
    ['two regions', other, 'Trust anchor and profile are in different regions'],
    [
      'two accounts',
      { ...ARNS, roleArn: ARNS.roleArn.replace('1111', '4444') },
      'Trust anchor, profile and role are in different accounts',
    ],
    [
      'two partitions',
      { ...ARNS, roleArn: ARNS.roleArn.replace('arn:aws:', 'arn:aws-cn:') },
      'Trust anchor, profile and role are in different accounts',
    ],
    [
      'a query that disagrees',
      { ...ARNS, roleArn: `${ARNS.roleArn}2` },
      "'roleArn' differs between query and body",
      QUERY,
    ],
    [
      'a query that repeats',
      ARNS,
      "Query parameter 'roleArn' was given more than once",
      `${QUERY}&roleArn=`,
    ],
  ])('%s: refused', async (_, members, message, target = '/sessions') => {
    const { status, headers, body } = await post(members, target)
    expect({
      status,
      type: headers['x-amzn-errortype'],
      body: JSON.parse(body) as unknown,
    }).toEqual({
      status: 400,
      type: 'ValidationException',
      body: { message },
    })
  })

  it('a request signed for another region than the trust anchor is in is refused', async () => {
    const { body } = await exchange(plain.url, signed({ region: 'us-east-1' }))
    expect(body).toContain(
      'the trust anchor is in eu-central-1, the request was signed for us-east-1',
    )
  })
})

it.each([
  ['not JSON', '{', 'The request body is not valid JSON'],
  ['not UTF-8', '"\xff', 'The request body is not valid JSON'],
  ['a list', '[]', 'The request body is not a JSON object'],
  ['null', 'null', 'The request body is not a JSON object'],
])('a body that is %s is refused', async (_, body, message) => {
  const answer = await exchange(plain.url, signed({ body }))
  expect(answer).toMatchObject({ status: 400, body: JSON.stringify({ message }) })
})

describe('the duration', () => {
  it.each<[string, number | undefined, 'plain' | 'generous', string]>([
    ['is the profile’s when not asked for', undefined, 'plain', '2026-11-22T11:00:00Z'],
    ['is what was asked for', 900, 'plain', '2026-11-22T10:15:00Z'],
    ['is silently capped by the profile', 43_200, 'plain', '2026-11-22T11:00:00Z'],
    ['may be as long as the role allows', 7200, 'generous', '2026-11-22T12:00:00Z'],
  ])('%s', async (_, durationSeconds, which, expiration) => {
    const emulator = which === 'plain' ? plain : generous
    const answer = await post({ ...ARNS, durationSeconds }, '/sessions', emulator)
    expect(session(answer).credentials.expiration).toBe(expiration)
  })

  it.each([7201, undefined])('%s seconds exceed the role and fail', async (durationSeconds) => {
    const answer = await post({ ...ARNS, durationSeconds }, '/sessions', generous)
    expect(answer).toMatchObject({
      status: 403,
      body: JSON.stringify({
        message: `Unable to assume role for ${ARNS.roleArn}: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.`,
      }),
    })
  })

  it.each([899, 43_201, 900.5, '900', true])('%s is refused', async (durationSeconds) => {
    const answer = await post({ ...ARNS, durationSeconds })
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining("'durationSeconds' has to be") as string,
    })
  })
})

describe('the session name', () => {
  it('is refused unless the profile accepts one', async () => {
    expect(await post({ ...ARNS, roleSessionName: 'me' })).toMatchObject({
      status: 403,
      body: '{"message":"Not authorized to set roleSessionName."}',
    })
  })

  it('is taken when the profile accepts one', async () => {
    const members = { ...ARNS, roleSessionName: 'me@x', durationSeconds: 900 }
    const { arn, assumedRoleId } = session(
      await post(members, '/sessions', generous),
    ).assumedRoleUser
    expect(arn).toBe('arn:aws:sts::111122223333:assumed-role/example/me@x')
    expect(assumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:me@x$/)
  })

  it.each(['', 'x', 'a b', 'ü'.repeat(3), 'x'.repeat(65), 7])('%s is refused', async (name) => {
    const answer = await post({ ...ARNS, roleSessionName: name }, '/sessions', generous)
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining("'roleSessionName' has to match") as string,
    })
  })

  it('is the serial number in hexadecimal otherwise', async () => {
    const { assumedRoleUser } = session(await post(ARNS))
    expect(assumedRoleUser.arn).toMatch(/:assumed-role\/example\/0abc$/)
  })
})

describe('the source identity', () => {
  it.each([
    ['CN=short,O=Example', 'CN=short'],
    [`CN=${'a'.repeat(61)}`, `CN=${'a'.repeat(61)}`],
    [`CN=${'a'.repeat(62)}`, 'a'.repeat(62)],
    ['O=Example', 'ID=0102'],
  ])('of %s is %s', async (subject, identity) => {
    expect((await sessionOf({ subject, serialNumber: 0x102n })).sourceIdentity).toBe(identity)
  })
})

it('the subject is the same for the same certificate, and the credentials never are', async () => {
  const [one, two] = [await post(ARNS), await post(ARNS)]
  const [a, b] = [one, two].map(({ body }) => JSON.parse(body) as CreateSessionResult)
  expect(a?.subjectArn).toBe(b?.subjectArn)
  expect(a?.subjectArn).toMatch(
    /^arn:aws:rolesanywhere:eu-central-1:111122223333:subject\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  )
  const [first, second] = [session(one).credentials, session(two).credentials]
  expect(first.accessKeyId).not.toBe(second.accessKeyId)
  expect(first.secretAccessKey).not.toBe(second.secretAccessKey)
  expect(first.sessionToken).not.toBe(second.sessionToken)
})

it.each<CertificateOptions>([{ keyType: 'rsa' }, { curve: 'P-521', serialNumber: -77n }])(
  'what src/core signs is accepted too: %o',
  async (options) => {
    const issuing = await root.issueAuthority()
    const { certificatePem, privateKeyPem } = await issuing.issue(options)
    const certificate = new X509Certificate(certificatePem)
    const key = createPrivateKey(privateKeyPem)
    const request = createSessionRequest(
      {
        trustAnchorArn: parseTrustAnchorArn(ARNS.trustAnchorArn),
        profileArn: parseProfileArn(ARNS.profileArn),
        roleArn: parseRoleArn(ARNS.roleArn),
        region: REGION,
        endpoint: new URL(plain.url),
      },
      { certificate, chain: [new X509Certificate(issuing.certificatePem)] },
      NOW,
    )
    const prepared = prepareSignature(request, {
      algorithm: signingAlgorithmOf(key),
      serialNumber: decimalSerialNumber(certificate.serialNumber),
      region: REGION,
      service: 'rolesanywhere',
      atMs: NOW,
    })
    const { url, headers, body } = prepared.signed(sign('sha256', prepared.stringToSign, key))
    const answer = await fetch(url, {
      method: 'POST',
      headers: Object.entries(headers).filter(([name]) => name !== 'host'),
      body: Buffer.from(body),
    })
    expect(answer.status).toBe(201)
  },
)
