import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SessionCredentials } from '../../../src/core/credentials.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { ContainerToken } from '../../../src/outputs/endpoint/container-token.ts'
import { CredentialsBodies } from '../../../src/outputs/endpoint/credentials-answer.ts'
import { headOf, type EndpointRequest } from '../../../src/outputs/endpoint/exchange.ts'
import { hostTable } from '../../../src/outputs/endpoint/host-table.ts'
import { plainAnswer } from '../../../src/outputs/endpoint/plain-answer.ts'
import { ReadyAnswers } from '../../../src/outputs/endpoint/ready-answers.ts'
import type { EndpointState } from '../../../src/outputs/endpoint/router.ts'
import { CREDENTIALS, EXPIRES_AT, servedRole } from '../../support/served-role.ts'

const NOW = EXPIRES_AT - 1_800_000
const FIRST = 'first-token-of-this-test'
const SECOND = 'other-token-of-this-test'
const later = new SessionCredentials({
  accountId: CREDENTIALS.accountId,
  roleArn: CREDENTIALS.roleArn,
  accessKeyId: 'ASIAEXAMPLE000000002',
  secretAccessKey: CREDENTIALS.secretAccessKey,
  sessionToken: CREDENTIALS.sessionToken,
  expiresAt: EXPIRES_AT + 3_600_000,
})
const reporter = { warn: () => undefined, debug: () => undefined }
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-ready-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Two roles and their credentials, whose life a test decides about. */
async function stage(rules: Omit<EndpointState['rules'], 'hosts'>) {
  const path = join(folder, 'default.token')
  writeFileSync(path, FIRST, { mode: 0o600 })
  const token = await ContainerToken.inFile(path, process.getuid?.() ?? 0, reporter)
  const ephemeral = ContainerToken.ephemeral()
  const world = { now: NOW, newest: CREDENTIALS }
  const current = () => (world.newest.expiresAt > world.now ? world.newest : undefined)
  const role = servedRole({
    current,
    credentials: async () => {
      const credentials = current()
      if (credentials !== undefined) return Promise.resolve(credentials)
      throw new RolesAnywhereError('ERR_NETWORK_CONNECT', 'nobody answers')
    },
  })
  const state: EndpointState = {
    rules: { hosts: hostTable({ address: '127.0.0.1', port: 9911 }), ...rules },
    roles: [role, { ...role, profile: 'a b/ü' }, { ...role, profile: 'without-token' }],
    containerTokens: new Map([
      ['default', token],
      ['a b/ü', ephemeral.token],
    ]),
    metadataTokens: undefined,
    identityDocument: false,
    requests: new Map(),
    version: '0.0.0',
  }
  const ready = new ReadyAnswers(state, new CredentialsBodies())
  return { world, state, ready, path, other: ephemeral.text }
}

const GOOD: EndpointRequest = {
  method: 'GET',
  target: '/credentials/default',
  hosts: ['127.0.0.1:9911'],
  headers: { authorization: FIRST },
  hasBody: false,
  peer: { isLocal: true, uid: 1000 },
}

const mostly = <T>(good: T, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(good) }, ...others)
const text = fc.string({ unit: 'binary', maxLength: 30 })

const target = mostly(
  GOOD.target,
  fc.constantFrom(
    '/credentials/a%20b%2F%C3%BC',
    '/credentials/a b/ü',
    '/credentials/without-token',
    '/credentials/default/',
    '//credentials//default',
    '/credentials/default?x',
    '/credentials/Default',
    '/credentials/%64efault',
    '/credentials/../credentials/default',
    'http://127.0.0.1:9911/credentials/default',
    '/credentials',
    '/healthz',
    '/',
    '',
  ),
  text,
)
const headers = (other: string): fc.Arbitrary<EndpointRequest['headers']> =>
  fc
    .tuple(
      mostly<string | undefined>(
        FIRST,
        fc.constantFrom(
          SECOND,
          other,
          undefined,
          '',
          `${FIRST} `,
          ` ${FIRST}`,
          FIRST.slice(1),
          `Bearer ${FIRST}`,
          FIRST.replace('f', String.fromCharCode('f'.charCodeAt(0) + 0x100)),
        ),
        text,
      ),
      mostly<EndpointRequest['headers']>(
        {},
        fc.dictionary(
          fc.constantFrom(
            'x-forwarded-for',
            'x-forwarded',
            'x-forwardedness',
            'via',
            'forwarded',
            'x-real-ip',
            'origin',
            'referer',
            'access-control-request-method',
            'user-agent',
            'accept',
          ),
          text,
          { maxKeys: 2 },
        ),
        fc.constantFrom('none', 'cross-site', '').map((site) => ({ 'sec-fetch-site': site })),
        fc.constant({ authorization: [FIRST, FIRST] }),
      ),
    )
    .map(([authorization, further]) => ({ authorization, ...further }))

const requests = (other: string): fc.Arbitrary<EndpointRequest> =>
  fc.record({
    method: mostly('GET', fc.constantFrom('HEAD', 'PUT', 'POST', 'OPTIONS', 'get', '')),
    target,
    hosts: mostly<readonly string[]>(
      GOOD.hosts,
      fc.constantFrom(
        [],
        ['LOCALHOST:9911'],
        ['127.0.0.1'],
        ['evil.example:9911'],
        ['127.0.0.1:9911', '127.0.0.1:9911'],
      ),
      fc.array(text, { maxLength: 2 }),
    ),
    headers: headers(other),
    hasBody: mostly(false, fc.constant(true)),
    peer: mostly(
      GOOD.peer,
      fc.record({ isLocal: fc.boolean(), uid: fc.constantFrom(undefined, 0, 1000, 1001) }),
    ),
  })

/** What may happen between two requests. */
const happenings = fc.constantFrom('nothing', 'new token', 'old token', 'new credentials', 'expiry')

it.each([
  { allowRemote: false },
  { allowRemote: true },
  { allowRemote: false, allowedUids: new Set([0, 1000]) },
])('a ready answer is what the plain way gives, with %j', async (rules) => {
  let found = 0
  const { other } = await stage(rules)
  const requestsOfOne = fc.array(fc.tuple(happenings, requests(other)), {
    minLength: 1,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(requestsOfOne, async (steps) => {
      const { world, state, ready, path } = await stage(rules)
      const clock = (): number => world.now
      for (const [happening, request] of steps) {
        world.now += 700
        if (happening === 'new token') writeFileSync(path, SECOND)
        if (happening === 'old token') writeFileSync(path, FIRST)
        if (happening === 'new credentials') world.newest = later
        if (happening === 'expiry') world.now = world.newest.expiresAt
        const fast = ready.find(request, world.now)
        const plain = await plainAnswer(request, state, { clock, bodies: new CredentialsBodies() })
        if (fast === undefined) continue
        found += 1
        const { head, ...answer } = fast
        expect(answer).toEqual(plain)
        expect(head).toEqual(headOf(plain))
      }
    }),
  )
  // Without such, nothing would have been compared.
  expect(found).toBeGreaterThan(10)
})

it('the answer to a good request is made once for each set of credentials', async () => {
  const { world, state, ready } = await stage({ allowRemote: false })
  const clock = (): number => world.now
  await plainAnswer(GOOD, state, { clock, bodies: new CredentialsBodies() })
  const first = ready.find(GOOD, NOW)
  expect(first?.status).toBe(200)
  expect(ready.find({ ...GOOD }, NOW)).toBe(first)
  world.newest = later
  const second = ready.find(GOOD, NOW)
  expect(second?.body).toContain(later.accessKeyId)
  world.now = later.expiresAt
  expect(ready.find(GOOD, NOW)).toBeUndefined()
})

it('a token is compared by every character and by its length', () => {
  const { token, text: good } = ContainerToken.ephemeral()
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.constant(good),
        fc.nat(42).map((at) => good.slice(0, at)),
        text.map((end) => good + end),
        fc
          .tuple(fc.nat(42), text)
          .map(([at, middle]) => good.slice(0, at) + middle + good.slice(at + 1)),
      ),
      (given) => token.accepts(given, 0) === (given === good),
    ),
  )
})
