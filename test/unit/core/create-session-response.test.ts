import { describe, expect, it } from 'vitest'
import { parseRoleArn } from '../../../src/core/arn.ts'
import { readCreateSessionResponse } from '../../../src/core/create-session-response.ts'
import type { SessionCredentials } from '../../../src/core/credentials.ts'
import type { RolesAnywhereError } from '../../../src/core/errors.ts'
import { MAX_JSON_BYTES } from '../../../src/core/json-members.ts'
import type { HttpResponse } from '../../../src/core/ports.ts'
import { refusalOf } from '../../support/refusal.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const ROLE = 'arn:aws:iam::123456789012:role/web'
const GOOD = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'canary/secret+KEY',
  sessionToken: 'canary/token==',
  expiration: '2026-11-21T13:00:00Z',
}

type Members = Readonly<Record<string, unknown>>

/** A complete answer as the user guide shows it, with some members of the credentials replaced. */
const answer = (replaced: Members = {}): string =>
  JSON.stringify({
    credentialSet: [
      {
        assumedRoleUser: { arn: `${ROLE}/01`, assumedRoleId: 'AROAEXAMPLE:01' },
        credentials: { ...GOOD, ...replaced },
        packedPolicySize: 10,
        roleArn: ROLE,
        sourceIdentity: 'CN=web',
      },
    ],
    subjectArn: 'arn:aws:rolesanywhere:eu-central-1:123456789012:subject/s',
  })

const response = (body: string | Uint8Array, over: Partial<HttpResponse> = {}): HttpResponse => ({
  status: 201,
  headers: { 'x-amzn-requestid': 'r-1' },
  body: typeof body === 'string' ? Buffer.from(body) : body,
  ...over,
})

const read = (
  body: string | Uint8Array,
  over?: Partial<HttpResponse>,
  now = NOW,
): SessionCredentials =>
  readCreateSessionResponse(response(body, over), { roleArn: parseRoleArn(ROLE), now })

/** The refusal of a 2xx answer, which must be of one code and show nothing of the body. */
function invalid(body: string | Uint8Array): RolesAnywhereError {
  const error = refusalOf(() => read(body))
  expect(error.code).toBe('ERR_SERVICE_RESPONSE_INVALID')
  expect(error.detail).toEqual({ status: 201, requestId: 'r-1' })
  expect(error.cause).toBeUndefined()
  expect(`${error.message}${error.hint ?? ''}${error.stack ?? ''}`).not.toContain('canary')
  return error
}

describe('a good answer', () => {
  it('becomes credentials; the account comes from the role', () => {
    const credentials = read(answer())
    expect(credentials).toMatchObject({
      accessKeyId: GOOD.accessKeyId,
      expiresAt: Date.parse(GOOD.expiration),
      accountId: '123456789012',
      roleArn: ROLE,
    })
    expect(credentials.secretAccessKey).toBe(GOOD.secretAccessKey)
    expect(credentials.sessionToken).toBe(GOOD.sessionToken)
    expect(credentials.expiration).toBe(GOOD.expiration)
  })

  it.each([200, 201, 299])('may have status %d', (status) => {
    expect(read(answer(), { status }).accessKeyId).toBe(GOOD.accessKeyId)
  })

  it.each([undefined, 'application/json', 'text/html', 'application/x-amz-json-1.0; charset=x'])(
    'may have content type %s',
    (type) => {
      const headers = type === undefined ? {} : { 'content-type': type }
      expect(read(answer(), { headers }).accessKeyId).toBe(GOOD.accessKeyId)
    },
  )

  it('is the first credential set of several', () => {
    const body = JSON.parse(answer()) as { credentialSet: unknown[] }
    body.credentialSet.push({ credentials: { ...GOOD, accessKeyId: 'ASIAOTHEROTHEROTHER' } }, null)
    expect(read(JSON.stringify(body)).accessKeyId).toBe(GOOD.accessKeyId)
  })

  it('may repeat a key: the last one counts, as everywhere in JavaScript', () => {
    const body = answer().replace('"accessKeyId"', '"accessKeyId":"x","accessKeyId"')
    expect(read(body).accessKeyId).toBe(GOOD.accessKeyId)
  })

  it('may carry __proto__, which touches nothing', () => {
    const body = answer().replace('{', '{"__proto__":{"polluted":true},"constructor":1,')
    expect(read(body).accessKeyId).toBe(GOOD.accessKeyId)
    expect('polluted' in {}).toBe(false)
  })

  it.each([
    ['2026-11-21T13:00:00.999Z', '2026-11-21T13:00:00Z'],
    ['2026-11-21t13:00:00z', '2026-11-21T13:00:00Z'],
    ['2026-11-21T14:30:00+01:30', '2026-11-21T13:00:00Z'],
    ['2026-11-21T12:00:00-01:00', '2026-11-21T13:00:00Z'],
    ['2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00Z', Date.parse('2028-02-28T20:00:00Z')],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z', Date.parse('9999-12-31T20:00:00Z')],
  ])('may expire at %s', (expiration, written, now = NOW) => {
    expect(read(answer({ expiration }), {}, now).expiration).toBe(written)
  })

  it.each(['2026-11-22T00:02:00Z', '2099-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'that would end at %s is taken to end after twelve hours, the longest there are',
    (expiration) => {
      expect(read(answer({ expiration })).expiration).toBe('2026-11-22T00:00:00Z')
    },
  )

  it.each([16, 128])('may have an access key id of %d characters', (length) => {
    expect(read(answer({ accessKeyId: 'A'.repeat(length) })).accessKeyId).toHaveLength(length)
  })

  it('may have a token of any length that fits', () => {
    const sessionToken = 'T'.repeat(100_000)
    expect(read(answer({ sessionToken })).sessionToken).toBe(sessionToken)
  })
})

describe('an answer of status 2xx without usable credentials is refused', () => {
  const DEEP = 100_000
  it.each<readonly [string, string | Uint8Array]>([
    ['nothing', ''],
    ['HTML', '<html><body>canary</body></html>'],
    ['a text cut short', answer().slice(0, -1)],
    ['a text cut inside the secret', answer().slice(0, answer().indexOf('canary') + 6)],
    ['more after the object', `${answer()}canary`],
    ['a byte order mark', `\ufeff${answer()}`],
    ['UTF-16', Buffer.from(answer(), 'utf16le')],
    ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${answer()}`, 'utf16le')],
    ['bytes that are not UTF-8', Buffer.from(answer().replace('CN=web', '\xff'), 'latin1')],
    ['100,000 open lists', '['.repeat(DEEP)],
    ['100,000 lists', '['.repeat(DEEP) + ']'.repeat(DEEP)],
    ['100,000 open objects', '{"credentialSet":'.repeat(DEEP)],
    ['100,000 objects', `${'{"credentialSet":['.repeat(DEEP / 2)}1${']}'.repeat(DEEP / 2)}`],
    ['more than 1 MiB', answer({ sessionToken: 'canary'.repeat(MAX_JSON_BYTES / 6) })],
    ['null', 'null'],
    ['a number', '1'],
    ['a list', `[${answer()}]`],
    ['an empty object', '{}'],
    ['no list of sets', '{"credentialSet":{"0":{}}}'],
    ['an empty list of sets', '{"credentialSet":[]}'],
    ['a set that is null', '{"credentialSet":[null]}'],
    ['a set that is a text', '{"credentialSet":["canary"]}'],
    ['a set without credentials', '{"credentialSet":[{}]}'],
    ['credentials that are a list', `{"credentialSet":[{"credentials":["canary"]}]}`],
    ['credentials in a prototype', `{"__proto__":${answer()}}`],
    ['a set after an empty one', `{"credentialSet":[{},{"credentials":${JSON.stringify(GOOD)}}]}`],
  ])('%s', (_, body) => {
    expect(invalid(body).message).toMatch(
      /^the answer to CreateSession holds no usable credentials: [\w[\]. ]+$/,
    )
  })

  it.each([
    ...['accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'].flatMap((name) =>
      [undefined, null, '', 1, true, {}, [GOOD.accessKeyId]].map((value) => [name, value] as const),
    ),
    ...['canary', 'canary'.repeat(3), 'A'.repeat(15), 'A'.repeat(129), 'ASIA AAAAAAAAAAAAA'].map(
      (value) => ['accessKeyId', value] as const,
    ),
    ['accessKeyId', `${GOOD.accessKeyId}\n`],
    ...['secretAccessKey', 'sessionToken'].flatMap((name) =>
      ['canary\r\n[other]', 'canary\n', '\0canary', 'a canary', 'canary\x7f', 'canary\u00e9'].map(
        (value) => [name, value] as const,
      ),
    ),
    ...[
      'NaN',
      '1795266000',
      '2026-11-21',
      '2026-11-21 13:00:00Z',
      '2026-11-21T13:00:00',
      '2026-11-21T13:00Z',
      '2026-11-21T13:00:00Z\n',
      '2026-02-30T13:00:00Z',
      '2027-02-29T13:00:00Z',
      '2026-13-01T13:00:00Z',
      '2026-11-21T24:00:00Z',
      '2026-11-21T13:60:00Z',
      '2026-12-31T23:59:60Z',
      '2026-11-21T13:00:00+24:00',
      '2026-11-21T13:00:00+00:60',
      '0099-11-21T13:00:00Z',
      '9999-12-31T23:59:59-00:01',
      '+12026-11-21T13:00:00Z',
      'canary',
    ].map((value) => ['expiration', value] as const),
  ] as const)('%s %j', (name, value) => {
    const { message } = invalid(answer({ [name]: value }))
    expect(message).toContain(`credentialSet[0].credentials.${name} `)
    if (value === undefined) expect(message).toMatch(/ is missing$/)
  })

  it.each(['2026-11-21T12:00:00Z', '2026-11-21T12:00:00.999Z', '2020-01-01T00:00:00Z'])(
    'credentials that expired at %s',
    (expiration) => {
      const error = invalid(answer({ expiration }))
      expect(error.message).toContain('the credentials expired at ')
      expect(error.hint).toBe('check the clock of this machine')
    },
  )

  it.each([
    ['', 'the answer is not JSON'],
    ['{}', 'credentialSet is not a list'],
    ['{"credentialSet":[]}', 'credentialSet is empty'],
    ['{"credentialSet":[{}]}', 'credentialSet[0].credentials.accessKeyId is missing'],
  ])('%j, saying that %s', (body, fault) => {
    expect(invalid(body).message).toMatch(new RegExp(`: ${fault.replace(/[[\]]/g, '\\$&')}$`))
  })

  it('detail leaves out a request id that is none', () => {
    for (const requestId of ['', 'a b', 'r\n', 'x'.repeat(129)]) {
      const error = refusalOf(() => read('{}', { headers: { 'x-amzn-requestid': requestId } }))
      expect(error.detail).toEqual({ status: 201 })
    }
  })
})

it('an answer of another status is a refusal, even when it holds credentials', () => {
  for (const status of [100, 199, 300, 302, 400, 403, 500]) {
    expect(refusalOf(() => read(answer(), { status })).message).toContain(`HTTP ${status}`)
  }
})
