/** The stand-in for STS, as the AWS SDK for JavaScript meets it: what it answers, and what it refuses. */

import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  STSClient,
  STSServiceException,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import type { AssumedSession } from '../../src/emulator/create-session.ts'
import { exchange, signRequest } from '../support/pki-request.ts'
import { startStsStandIn, type StandInRole, type StsStandIn } from '../support/sts-stand-in.ts'

type Credentials = AssumedSession['credentials']

const account = (name: string, id = '444455556666'): string => `arn:aws:iam::${id}:role/${name}`
const ROLES: readonly StandInRole[] = [
  { arn: account('plain') },
  { arn: account('path/second'), trusts: [account('plain')] },
  { arn: account('guarded'), externalId: 'a-word' },
  { arn: account('friends'), trusts: [account('service/example', '111122223333')] },
  { arn: account('strangers'), trusts: [account('example', '999988887777')] },
  { arn: account('untagged'), tagSession: false },
  { arn: account('short'), maxSessionDuration: 1800 },
]

let now: number
let sts: StsStandIn
let emulator: Emulator
let issued: Credentials

beforeEach(async () => {
  now = Date.now()
  sts = await startStsStandIn({ clock: () => now, roles: ROLES })
  const root = await createAuthority()
  emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    clock: () => now,
    onSession: sts.onSession,
  })
  const leaf = await root.issue({ subject: 'CN=client', serialNumber: 0xabcn })
  const { body } = await exchange(emulator.url, signRequest({ ...leaf, at: now }))
  issued = (JSON.parse(body) as { credentialSet: [AssumedSession] }).credentialSet[0].credentials
})

afterEach(async () => {
  await emulator.close()
  await sts[Symbol.asyncDispose]()
})

function client(credentials: Partial<Credentials> = {}, region = 'eu-central-1'): STSClient {
  return new STSClient({
    region,
    endpoint: sts.url,
    credentials: { ...issued, ...credentials, expiration: undefined } as never,
    maxAttempts: 1,
  })
}

/** The name and message of the error, or `ok`. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (error instanceof STSServiceException) return `${error.name}: ${error.message}`
    throw error
  }
}

function assume(
  input: Partial<AssumeRoleCommandInput> = {},
  by: STSClient = client(),
): Promise<Credentials> {
  const command = new AssumeRoleCommand({
    RoleArn: account('plain'),
    RoleSessionName: 'chained',
    ...input,
  })
  return by.send(command).then(({ Credentials: given }) => ({
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
    expiration: given?.Expiration?.toISOString() ?? '',
  }))
}

describe('GetCallerIdentity', () => {
  it('tells who the emulator said it is', async () => {
    expect(await client().send(new GetCallerIdentityCommand())).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/example/0abc',
      UserId: expect.stringMatching(/^AROA[A-Z2-7]{17}:0abc$/) as string,
    })
    expect(sts.calls).toMatchObject([
      { action: 'GetCallerIdentity', region: 'eu-central-1', outcome: 'ok' },
    ])
  })

  it.each<[string, (credentials: Credentials) => Partial<Credentials>, string]>([
    ['another secret', () => ({ secretAccessKey: 'x'.repeat(40) }), 'SignatureDoesNotMatch'],
    ['another key id', () => ({ accessKeyId: 'ASIASTRANGER' }), 'InvalidClientTokenId'],
    [
      'another token',
      ({ sessionToken }) => ({ sessionToken: `${sessionToken}x` }),
      'InvalidClientTokenId',
    ],
    ['no token', () => ({ sessionToken: '' }), 'InvalidClientTokenId'],
  ])('refuses %s', async (_, change, code) => {
    const call = client(change(issued)).send(new GetCallerIdentityCommand())
    expect(await outcome(call)).toContain(`${code}: `)
  })

  it('refuses what has expired, to the second', async () => {
    now = Date.parse(issued.expiration) - 1
    // The clock of the SDK is the machine's; a signature an hour old is refused before expiry is looked at.
    const clock = new STSClient({
      region: 'eu-central-1',
      endpoint: sts.url,
      credentials: { ...issued, expiration: undefined } as never,
      systemClockOffset: now - Date.now(),
      maxAttempts: 1,
    })
    expect(await outcome(clock.send(new GetCallerIdentityCommand()))).toBe('ok')
    now += 1
    expect(await outcome(clock.send(new GetCallerIdentityCommand()))).toMatch(/^ExpiredToken/)
  })

  it('refuses a signature of another time', async () => {
    now += 901_000
    const call = client().send(new GetCallerIdentityCommand())
    expect(await outcome(call)).toMatch(/^SignatureDoesNotMatch: Signature expired/)
  })

  it('refuses a request that was changed after signing', async () => {
    const changed = client()
    changed.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string }
        request.body = request.body.replace('GetCallerIdentity', 'GetCallerIdentitx')
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    expect(await outcome(changed.send(new GetCallerIdentityCommand()))).toMatch(
      /^SignatureDoesNotMatch/,
    )
  })
})

describe('AssumeRole', () => {
  it('begins a session that can go on, with the source identity it came with', async () => {
    const first = client(await assume())
    const identity = await first.send(new GetCallerIdentityCommand())
    expect(identity).toMatchObject({
      Account: '444455556666',
      Arn: 'arn:aws:sts::444455556666:assumed-role/plain/chained',
    })
    const second = await first.send(
      new AssumeRoleCommand({ RoleArn: account('path/second'), RoleSessionName: 'hop-2' }),
    )
    expect(second).toMatchObject({
      AssumedRoleUser: { Arn: 'arn:aws:sts::444455556666:assumed-role/second/hop-2' },
      SourceIdentity: 'CN=client',
    })
  })

  const POLICY = JSON.stringify({ Version: '2012-10-17', Statement: [] })

  it.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    ['15 minutes', { DurationSeconds: 900 }, 'ok'],
    ['an hour', { DurationSeconds: 3600 }, 'ok'],
    [
      'more than an hour',
      { DurationSeconds: 3601 },
      'ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    ],
    [
      'more than the role allows',
      { RoleArn: account('short'), DurationSeconds: 1801 },
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration',
    ],
    ['less than 15 minutes', { DurationSeconds: 899 }, 'ValidationError'],
    ['the right external id', { RoleArn: account('guarded'), ExternalId: 'a-word' }, 'ok'],
    [
      'a wrong external id',
      { RoleArn: account('guarded'), ExternalId: 'another' },
      'AccessDenied: User: arn:aws:sts::111122223333:assumed-role/example/0abc is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/guarded',
    ],
    ['no external id', { RoleArn: account('guarded') }, 'AccessDenied'],
    ['an external id nobody asked for', { ExternalId: 'a-word' }, 'ok'],
    [
      'an external id that is none',
      { RoleArn: account('guarded'), ExternalId: 'a word' },
      'ValidationError',
    ],
    ['a role that trusts us', { RoleArn: account('friends') }, 'ok'],
    ['a role that trusts others', { RoleArn: account('strangers') }, 'AccessDenied'],
    ['a role that there is not', { RoleArn: account('missing') }, 'AccessDenied'],
    ['what is no role', { RoleArn: 'arn:aws:iam::444455556666:user/x' }, 'ValidationError'],
    ['a session name with a blank', { RoleSessionName: 'a b' }, 'ValidationError'],
    ['a session policy', { Policy: POLICY }, 'ok'],
    ['a policy that is none', { Policy: '{' }, 'MalformedPolicyDocument'],
    [
      'a policy of another version',
      { Policy: POLICY.replace('2012', '2011') },
      'MalformedPolicyDocument',
    ],
    ['a policy too long', { Policy: POLICY.padEnd(2100) }, 'PackedPolicyTooLarge'],
    ['managed policies', { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] }, 'ok'],
    [
      'a managed policy that is none',
      { PolicyArns: [{ arn: 'arn:aws:iam::aws:role/x' }] },
      'ValidationError',
    ],
    [
      'eleven of them',
      { PolicyArns: Array.from({ length: 11 }, () => ({ arn: 'arn:aws:iam::aws:policy/x' })) },
      'ValidationError',
    ],
    ['tags', { Tags: [{ Key: 'team', Value: 'web' }], TransitiveTagKeys: ['team'] }, 'ok'],
    [
      'tags where none may be set',
      { RoleArn: account('untagged'), Tags: [{ Key: 'team', Value: 'web' }] },
      'AccessDenied: User: arn:aws:sts::111122223333:assumed-role/example/0abc is not authorized to perform: sts:TagSession',
    ],
    [
      'the same tag twice',
      {
        Tags: [
          { Key: 'team', Value: 'web' },
          { Key: 'TEAM', Value: 'db' },
        ],
      },
      'InvalidParameterValue',
    ],
    ['a tag with an odd letter', { Tags: [{ Key: 'team', Value: 'a*b' }] }, 'ValidationError'],
    ['a transitive key without a tag', { TransitiveTagKeys: ['team'] }, 'InvalidParameterValue'],
    ['the source identity it has', { SourceIdentity: 'CN=client' }, 'ok'],
    ['another source identity', { SourceIdentity: 'CN=other' }, 'AccessDenied'],
  ])('with %s', async (_, input, expected) => {
    expect((await outcome(assume(input))).slice(0, expected.length)).toBe(expected)
  })

  it('hands transitive tags on, and lets nobody set them again', async () => {
    const tags = [
      { Key: 'team', Value: 'web' },
      { Key: 'other', Value: 'x' },
    ]
    const first = client(await assume({ Tags: tags, TransitiveTagKeys: ['team'] }))
    const next = { RoleArn: account('path/second'), RoleSessionName: 'hop-2' }
    expect(await outcome(assume({ ...next, Tags: [tags[1]!] }, first))).toBe('ok')
    expect(await outcome(assume({ ...next, Tags: [tags[0]!] }, first))).toMatch(
      /^InvalidParameterValue/,
    )
  })

  it('records what was asked, and no secret', async () => {
    await assume({ RoleArn: account('guarded'), ExternalId: 'a-word', DurationSeconds: 900 })
    expect(sts.calls.at(-1)).toMatchObject({
      action: 'AssumeRole',
      caller: 'arn:aws:sts::111122223333:assumed-role/example/0abc',
      assumeRole: { externalId: 'a-word', durationSeconds: 900 },
    })
    expect(JSON.stringify(sts.calls)).not.toContain(issued.secretAccessKey)
  })
})
