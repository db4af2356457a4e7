import { createHash, verify } from 'node:crypto'
import { inWords } from '../../../src/core/wording.ts'
import { inspect } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../../src/core/arn.ts'
import type { CreateSessionParameters } from '../../../src/core/create-session-request.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { HttpRequest, HttpResponse, Identity, ReportFields } from '../../../src/core/ports.ts'
import { createSession, type CreateSessionPorts } from '../../../src/session/create-session.ts'
import { ServerClock } from '../../../src/session/server-clock.ts'
import { FakeTime } from '../../support/fake-time.ts'
import { throwawayIdentity } from '../../support/throwaway-identity.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const ARN = 'arn:aws:rolesanywhere:eu-central-1:123456789012'
const parameters: CreateSessionParameters = {
  trustAnchorArn: parseTrustAnchorArn(`${ARN}:trust-anchor/11111111-2222-3333-4444-555555555555`),
  profileArn: parseProfileArn(`${ARN}:profile/11111111-2222-3333-4444-555555555555`),
  roleArn: parseRoleArn('arn:aws:iam::123456789012:role/onprem'),
  region: 'eu-central-1',
  endpoint: new URL('https://rolesanywhere.eu-central-1.amazonaws.com'),
}

let identity: Identity
beforeAll(async () => {
  identity = await throwawayIdentity({ serialNumber: 4242n })
})

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const created = (expiration = '2026-11-21T13:00:00Z', date = NOON): Answer => ({
  status: 201,
  headers: { 'x-amzn-requestid': 'request-1', date: new Date(date).toUTCString() },
  body: {
    credentialSet: [
      {
        credentials: {
          accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
          secretAccessKey: 'canary-secret',
          sessionToken: 'canary-token',
          expiration,
        },
      },
    ],
  },
})

const refused = (date: number | undefined, message = 'Invalid signature'): Answer => ({
  status: 403,
  headers: {
    'x-amzn-errortype': 'AccessDeniedException',
    'x-amzn-requestid': 'request-1',
    ...(date === undefined ? {} : { date: new Date(date).toUTCString() }),
  },
  body: { message },
})

/** A world in which `answers` come one after the other, each taking 100 ms. */
function world(answers: readonly (Answer | Error)[], overrides: Partial<CreateSessionPorts> = {}) {
  const time = new FakeTime(NOON)
  const requests: HttpRequest[] = []
  const warnings: string[] = []
  const steps: (readonly [string, ReportFields])[] = []
  const waits: number[] = []
  const ports: CreateSessionPorts = {
    identity,
    serverClock: new ServerClock(overrides.clock ?? time.clock, time.monotonic),
    clock: time.clock,
    monotonic: time.monotonic,
    schedule: time.schedule,
    random: () => 0.5,
    reporter: {
      warn: (message) => warnings.push(inWords(message)),
      debug: (step, fields) => steps.push([step, fields]),
    },
    async wait(ms) {
      waits.push(ms)
      await time.advance(ms)
    },
    async send(request) {
      const answer = answers[requests.length]
      requests.push(request)
      await time.advance(100)
      if (answer === undefined) throw new Error('one request too many')
      if (answer instanceof Error) throw answer
      const response: HttpResponse = {
        status: answer.status,
        headers: answer.headers ?? {},
        body: Buffer.from(JSON.stringify(answer.body ?? {})),
      }
      return response
    },
    ...overrides,
  }
  return { time, ports, requests, warnings, steps, waits }
}

const dates = (requests: readonly HttpRequest[]): (string | undefined)[] =>
  requests.map(({ headers }) => headers['x-amz-date'])

describe('CreateSession', () => {
  it('is signed with the key of the certificate, and its answer read', async () => {
    const { ports, requests } = world([created()])
    const credentials = await createSession(parameters, ports)
    expect(credentials).toMatchObject({
      accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
      secretAccessKey: 'canary-secret',
      sessionToken: 'canary-token',
      expiration: '2026-11-21T13:00:00Z',
      accountId: '123456789012',
    })
    const [request] = requests
    expect(request?.url.href).toBe('https://rolesanywhere.eu-central-1.amazonaws.com/sessions')
    expect(request?.headers['authorization']).toMatch(
      /^AWS4-X509-ECDSA-SHA256 Credential=4242\/20261121\/eu-central-1\/rolesanywhere\/aws4_request, /,
    )
    // Signed over what the trace says, by the key that belongs to the certificate.
    const canonical = [
      'POST',
      '/sessions',
      '',
      'content-type:application/json',
      'host:rolesanywhere.eu-central-1.amazonaws.com',
      'x-amz-date:20261121T120000Z',
      `x-amz-x509:${identity.certificate.raw.toString('base64')}`,
      '',
      'content-type;host;x-amz-date;x-amz-x509',
      createHash('sha256').update(request!.body).digest('hex'),
    ].join('\n')
    const stringToSign = [
      'AWS4-X509-ECDSA-SHA256',
      '20261121T120000Z',
      '20261121/eu-central-1/rolesanywhere/aws4_request',
      createHash('sha256').update(canonical).digest('hex'),
    ].join('\n')
    const signature = /Signature=([0-9a-f]+)$/.exec(request!.headers['authorization']!)![1]
    expect(
      verify(
        'sha256',
        Buffer.from(stringToSign),
        identity.certificate.publicKey,
        Buffer.from(signature!, 'hex'),
      ),
    ).toBe(true)
  })

  it('with parameters that cannot be is refused before anything is signed', async () => {
    const { ports, requests } = world([])
    await expect(
      createSession({ ...parameters, durationSeconds: 60 }, ports),
    ).rejects.toMatchObject({ code: 'ERR_USAGE_INVALID_VALUE' })
    expect(requests).toHaveLength(0)
  })

  it('leaves a trace of hashes and names, without signature, certificate and credentials', async () => {
    const { ports, steps, requests } = world([created()])
    await createSession(parameters, ports)
    expect(steps).toEqual([
      [
        'sign',
        {
          attempt: 1,
          host: 'rolesanywhere.eu-central-1.amazonaws.com',
          region: 'eu-central-1',
          algorithm: 'AWS4-X509-ECDSA-SHA256',
          serialNumber: '4242',
          signedHeaders: 'content-type;host;x-amz-date;x-amz-x509',
          canonicalRequestSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          stringToSignSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        },
      ],
      [
        'answer',
        {
          attempt: 1,
          status: 201,
          requestId: 'request-1',
          durationMs: 100,
          clockOffsetSeconds: 0,
        },
      ],
    ])
    const shown = inspect(steps, { depth: 9 })
    const { headers } = requests[0]!
    expect(shown).not.toContain('canary')
    expect(shown).not.toContain(headers['x-amz-x509']!)
    expect(shown).not.toContain(/Signature=([0-9a-f]+)$/.exec(headers['authorization']!)![1]!)
  })
})

describe('a failed try', () => {
  it.each([
    ['a throttled one', { status: 429 }, [1500]],
    ['a throttled one by type', { status: 400, body: { __type: 'ThrottlingException' } }, [1500]],
    ['a fault', { status: 500 }, [50]],
    ['an unavailable service', { status: 503, headers: { 'retry-after': '3' } }, [3_050]],
    [
      'a network failure that may pass',
      new RolesAnywhereError('ERR_NETWORK_CONNECT', 'reset', { detail: { retryable: true } }),
      [50],
    ],
  ] as const)('is followed by another, signed afresh: %s', async (_name, failure, waits) => {
    const seen = world([failure, created()])
    await createSession(parameters, seen.ports)
    expect(seen.waits).toEqual(waits)
    expect(seen.requests).toHaveLength(2)
    const authorizations = seen.requests.map(({ headers }) => headers['authorization'])
    expect(new Set(authorizations).size).toBe(2)
  })

  it('and the next are signed for the time they are sent at', async () => {
    const { ports, requests } = world([{ status: 503, headers: { 'retry-after': '7' } }, created()])
    await createSession(parameters, ports)
    expect(dates(requests)).toEqual(['20261121T120000Z', '20261121T120007Z'])
  })

  it('is the last when the service keeps failing, and the error counts them', async () => {
    const { ports, requests } = world([{ status: 500 }, { status: 502 }, { status: 503 }])
    await expect(createSession(parameters, ports)).rejects.toMatchObject({
      code: 'ERR_SERVICE_FAULT',
      message: expect.stringContaining('(HTTP 503) (after 3 tries)') as string,
    })
    expect(requests).toHaveLength(3)
  })

  it.each([
    ['a refusal', refused(NOON)],
    ['an unknown resource', { status: 404, body: { __type: 'ResourceNotFoundException' } }],
    ['a malformed request', { status: 400, body: { __type: 'ValidationException' } }],
    ['an answer without credentials', { status: 201 }],
    ['credentials that have expired', created('2026-11-21T11:59:59Z')],
    [
      'distrust',
      new RolesAnywhereError('ERR_NETWORK_TLS', 'stranger', { detail: { retryable: false } }),
    ],
  ] as const)('is not followed by another when it will stay: %s', async (_name, failure) => {
    const { ports, requests, waits } = world([failure])
    await expect(createSession(parameters, ports)).rejects.toBeInstanceOf(RolesAnywhereError)
    expect(requests).toHaveLength(1)
    expect(waits).toEqual([])
  })
})

describe('a wrong clock', () => {
  it.each([
    ['behind', 600_000, '20261121T1210', 'is 10 min behind that of AWS'],
    ['ahead', -600_000, '20261121T1150', 'is 10 min ahead of that of AWS'],
  ])(
    '%s is said, and the request signed once more with the time of AWS',
    async (_name, offset, date, words) => {
      const { ports, requests, warnings, waits } = world([
        refused(NOON + offset),
        created('2026-11-21T14:00:00Z'),
      ])
      await createSession(parameters, ports)
      expect(requests).toHaveLength(2)
      expect(dates(requests)[1]?.slice(0, 13)).toBe(date)
      expect(waits).toEqual([])
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toContain(words)
      expect(warnings[0]).toContain('2026-11-21T12:00:00Z here')
    },
  )

  it('is corrected once only: a second refusal is what AWS says', async () => {
    const { ports, requests, warnings } = world([
      refused(NOON + 600_000),
      refused(NOON + 600_000, 'Untrusted signing certificate'),
    ])
    await expect(createSession(parameters, ports)).rejects.toMatchObject({
      code: 'ERR_SERVICE_ACCESS_DENIED',
      message: expect.stringContaining('Untrusted signing certificate') as string,
    })
    expect(requests).toHaveLength(2)
    expect(warnings).toHaveLength(1)
  })

  it('does not use up one of the tries', async () => {
    const { ports, requests } = world([refused(NOON + 600_000), created('2026-11-21T14:00:00Z')], {
      maxAttempts: 1,
    })
    await createSession(parameters, ports)
    expect(requests).toHaveLength(2)
  })

  it('stays corrected for the tries that follow', async () => {
    const { ports, requests, warnings } = world([
      refused(NOON + 600_000),
      { status: 500 },
      created('2026-11-21T14:00:00Z'),
    ])
    await createSession(parameters, ports)
    expect(dates(requests).map((date) => date?.slice(0, 13))).toEqual([
      '20261121T1200',
      '20261121T1210',
      '20261121T1210',
    ])
    expect(warnings).toHaveLength(1)
  })

  it('is known from then on: the next session is signed in the time of AWS at once', async () => {
    const { ports, requests, warnings } = world([
      refused(NOON + 7_200_000),
      created('2026-11-21T15:00:00Z', NOON + 7_200_000),
      created('2026-11-21T15:00:00Z', NOON + 7_200_000),
    ])
    await createSession(parameters, ports)
    await createSession(parameters, ports)
    expect(requests).toHaveLength(3)
    expect(dates(requests)[2]?.slice(0, 13)).toBe('20261121T1400')
    expect(warnings).toHaveLength(1)
  })

  it('that is mended between two sessions is not spoken of as wrong', async () => {
    const { time, ports, requests, warnings } = world([
      refused(NOON - 7_200_000),
      created('2026-11-21T11:00:00Z', NOON - 7_200_000),
      created('2026-11-21T11:00:00Z', NOON - 7_200_000),
    ])
    await createSession(parameters, ports)
    time.jump(-7_200_000)
    await createSession(parameters, ports)
    expect(requests).toHaveLength(3)
    expect(dates(requests)[2]?.slice(0, 13)).toBe('20261121T1000')
    expect(warnings).toHaveLength(1)
  })

  it.each([7_200_000, -7_200_000])(
    'that is set by %i ms during the retries ends none of them',
    async (jump) => {
      const { time, ports, requests } = world([
        { status: 500 },
        { status: 500 },
        created('2026-11-21T13:00:00Z'),
      ])
      await createSession(parameters, {
        ...ports,
        async wait(ms, signal) {
          time.jump(jump)
          await ports.wait(ms, signal)
        },
      })
      expect(requests).toHaveLength(3)
    },
  )

  it('within four minutes is left alone', async () => {
    const { ports, requests, warnings } = world([refused(NOON + 239_000)])
    await expect(createSession(parameters, ports)).rejects.toThrow('Invalid signature')
    expect([requests.length, warnings]).toEqual([1, []])
  })

  it('that AWS complains of, but gives no date for, has an error of its own', async () => {
    const { ports, requests } = world([
      refused(undefined, 'Signature expired: 20261121T120000Z is now earlier than ...'),
    ])
    await expect(createSession(parameters, ports)).rejects.toMatchObject({
      code: 'ERR_SERVICE_CLOCK_SKEW',
      message: expect.stringContaining('request id request-1') as string,
      hint: expect.stringContaining('set the clock') as string,
    })
    expect(requests).toHaveLength(1)
  })

  it('does not make fresh credentials look expired', async () => {
    const lateClock = NOON + 7_200_000
    const { ports, warnings, steps } = world([created()], { clock: () => lateClock })
    const credentials = await createSession(parameters, ports)
    expect(credentials.expiration).toBe('2026-11-21T13:00:00Z')
    expect(warnings).toEqual([])
    expect(steps.at(-1)?.[1]['clockOffsetSeconds']).toBe(-7_199)
  })

  it('does not make expired credentials look fresh', async () => {
    const earlyClock = NOON - 7_200_000
    const { ports } = world([created('2026-11-21T11:00:00Z')], { clock: () => earlyClock })
    await expect(createSession(parameters, ports)).rejects.toMatchObject({
      code: 'ERR_SERVICE_RESPONSE_INVALID',
    })
  })
})

describe('cancelling', () => {
  it('reaches the signer', async () => {
    const controller = new AbortController()
    const { ports, requests } = world([], {
      signal: controller.signal,
      identity: {
        ...identity,
        signer: {
          ...identity.signer,
          sign: async (_message, options) =>
            await new Promise((_resolve, reject) => {
              options?.signal?.addEventListener('abort', () => {
                reject(new Error('aborted'))
              })
              controller.abort()
            }),
        },
      },
    })
    await expect(createSession(parameters, ports)).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    expect(requests).toHaveLength(0)
  })
})
