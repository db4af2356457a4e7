import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inWords } from '../../src/core/wording.ts'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../src/core/arn.ts'
import type { SessionCredentials } from '../../src/core/credentials.ts'
import type { Identity } from '../../src/core/ports.ts'
import { createSession, type CreateSessionPorts } from '../../src/session/create-session.ts'
import { createTransport, type Transport } from '../../src/transport/send.ts'
import { throwawayIdentity } from '../support/throwaway-identity.ts'
import { tcpServer, type LoopbackServer } from './transport-servers.ts'
import { ServerClock } from '../../src/session/server-clock.ts'
import { FakeTime } from '../support/fake-time.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const ARN = 'arn:aws:rolesanywhere:eu-central-1:123456789012'

let identity: Identity
let transport: Transport
beforeAll(async () => {
  identity = await throwawayIdentity()
})
beforeEach(() => {
  transport = createTransport({
    userAgent: 'test',
    timeouts: { connectMs: 300, firstByteMs: 300, totalMs: 600 },
  })
})
afterEach(async () => {
  await transport[Symbol.asyncDispose]()
})

const CREDENTIALS = JSON.stringify({
  credentialSet: [
    {
      credentials: {
        accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
        secretAccessKey: 'secret',
        sessionToken: 'token',
        expiration: '2026-11-21T14:00:00Z',
      },
    },
  ],
})

const RESET = 'reset'
const SILENCE = 'silence'

const answer = (status: number, body: string, ...headers: string[]): string =>
  [`HTTP/1.1 ${status} X`, ...headers, `content-length: ${body.length}`, '', body].join('\r\n')

/** Answers connections in turn as told, or with RESET or SILENCE; keeps every `x-amz-date`. */
async function service(turns: readonly string[]): Promise<LoopbackServer & { seen: string[] }> {
  const seen: string[] = []
  const server = await tcpServer((socket) => {
    socket.once('data', (chunk: Buffer) => {
      seen.push(/^x-amz-date: (.*)$/im.exec(chunk.toString('latin1'))?.[1]?.trim() ?? 'none')
      const turn = turns[seen.length - 1] ?? RESET
      if (turn === RESET) socket.resetAndDestroy()
      else if (turn !== SILENCE) socket.write(turn)
    })
  })
  return Object.assign(server, { seen })
}

interface Outcome {
  readonly session: Promise<SessionCredentials>
  readonly waits: readonly number[]
  readonly warnings: readonly string[]
}

function sessionAt(port: number, overrides: Partial<CreateSessionPorts> = {}): Outcome {
  const waits: number[] = []
  const warnings: string[] = []
  const time = new FakeTime(NOON)
  const { clock, monotonic, schedule } = time
  const session = createSession(
    {
      trustAnchorArn: parseTrustAnchorArn(
        `${ARN}:trust-anchor/a1b2c3d4-0000-4000-8000-000000000000`,
      ),
      profileArn: parseProfileArn(`${ARN}:profile/a1b2c3d4-0000-4000-8000-000000000000`),
      roleArn: parseRoleArn('arn:aws:iam::123456789012:role/onprem'),
      region: 'eu-central-1',
      endpoint: new URL(`http://127.0.0.1:${port}`),
    },
    {
      identity,
      send: transport.send,
      serverClock: new ServerClock(clock, monotonic),
      clock,
      monotonic,
      schedule,
      random: () => 0,
      reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
      async wait(ms) {
        waits.push(ms)
        await time.advance(ms)
      },
      ...overrides,
    },
  )
  return { session, waits, warnings }
}

describe('over real connections', () => {
  it.each([
    ['500 twice', [answer(500, '{}'), answer(500, '{}')], [0, 0]],
    ['503 with Retry-After', [answer(503, '{}', 'Retry-After: 5')], [5_000]],
    ['429 with Retry-After', [answer(429, '{}', 'Retry-After: 2')], [2_000]],
    ['429 without', [answer(429, '{}')], [1000]],
    [
      'Retry-After as a date',
      [answer(503, '{}', 'Retry-After: Sat, 21 Nov 2026 12:00:30 GMT')],
      [30_000],
    ],
    ['a reset', [RESET], [0]],
    ['silence', [SILENCE], [0]],
    ['half an answer and no more', [answer(201, CREDENTIALS).slice(0, -50)], [0]],
  ])('%s, then credentials', async (_name, turns, waits) => {
    await using server = await service([...turns, answer(201, CREDENTIALS)])
    const outcome = sessionAt(server.port)
    expect((await outcome.session).accessKeyId).toBe('ASIAEXAMPLEEXAMPLE00')
    expect(outcome.waits).toEqual(waits)
    expect(server.seen).toHaveLength(turns.length + 1)
  })

  it('500 for ever ends after three tries', async () => {
    await using server = await service(Array.from({ length: 9 }, () => answer(500, '{}')))
    await expect(sessionAt(server.port).session).rejects.toMatchObject({
      code: 'ERR_SERVICE_FAULT',
      detail: { tries: 3 },
    })
    expect(server.seen).toHaveLength(3)
  })

  it('Retry-After beyond the deadline ends at once', async () => {
    await using server = await service([answer(503, '{}', 'Retry-After: 100')])
    await expect(sessionAt(server.port).session).rejects.toThrow('asked to wait 100 s')
    expect(server.seen).toHaveLength(1)
  })

  it.each([10, -10])(
    'a clock that is off by %i min is corrected once, and said',
    async (minutes) => {
      const theirs = NOON + minutes * 60_000
      const date = `Date: ${new Date(theirs).toUTCString()}`
      await using server = await service([
        answer(403, '{"message":"Invalid signature"}', date),
        answer(201, CREDENTIALS, date),
      ])
      const outcome = sessionAt(server.port)
      await outcome.session
      expect(outcome.warnings).toHaveLength(1)
      const expected = new Date(theirs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
      expect(server.seen[0]).toBe('20261121T120000Z')
      expect(server.seen[1]?.slice(0, 11)).toBe(expected.slice(0, 11))
      expect(server.seen).toHaveLength(2)
    },
  )

  it('a refusal is final, with what AWS said and without the signature', async () => {
    await using server = await service([
      answer(
        403,
        '{"message":"Untrusted signing certificate"}',
        'x-amzn-requestid: r-1',
        'x-amzn-errortype: AccessDeniedException',
      ),
    ])
    await expect(sessionAt(server.port).session).rejects.toThrow(
      /AccessDeniedException: Untrusted signing certificate \(HTTP 403, request id r-1\)/,
    )
    expect(server.seen).toHaveLength(1)
  })
})
