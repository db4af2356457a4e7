/** Each fault as a client meets it. */

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import { FAULTS } from '../../src/emulator/fault-table.ts'
import { parseFault } from '../../src/emulator/faults.ts'
import {
  createAuthority,
  type Authority,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import {
  exchange,
  exchangeRaw,
  signRequest,
  wireBytes,
  type WireRequest,
  type WireResponse,
} from '../support/pki-request.ts'

let now = Date.parse('2026-11-22T10:00:00Z')
let root: Authority
let leaf: IssuedCertificate
const running: Emulator[] = []

beforeAll(async () => {
  root = await createAuthority()
  leaf = await root.issue()
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((emulator) => emulator.close()))
})

async function start(
  faults: readonly string[],
  options: Partial<EmulatorOptions> = {},
): Promise<Emulator> {
  const emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    clock: () => now,
    faults: faults.map(parseFault),
    ...options,
  })
  running.push(emulator)
  return emulator
}

function signed(at = now): WireRequest {
  return signRequest({ ...leaf, at })
}

async function answerUnder(...faults: readonly string[]): Promise<WireResponse> {
  return exchange((await start(faults)).url, signed())
}

/** All bytes of an answer under a fault, or how the connection failed. */
async function bytesUnder(fault: string): Promise<string> {
  const { url } = await start([fault])
  const closing: WireRequest = signed()
  closing.headers.push(['Connection', 'close'])
  return (await exchangeRaw(url, wireBytes(closing))).toString('latin1')
}

function jsonUnder(fault: string): Promise<unknown> {
  return answerUnder(fault).then(({ body }) => JSON.parse(body) as unknown)
}

describe('the service refuses', () => {
  it.each([
    ['status=403', 403, 'AccessDeniedException'],
    ['status=404', 404, 'ResourceNotFoundException'],
    ['status=418', 418, 'ValidationException'],
    ['status=500', 500, 'InternalServerException'],
    ['status=503', 503, 'ServiceUnavailableException'],
    ['status=599', 599, 'InternalServerException'],
  ])('%s', async (fault, status, type) => {
    const answer = await answerUnder(fault)
    expect(answer).toMatchObject({ status, headers: { 'x-amzn-errortype': type } })
    expect(answer.body).toMatch(/^\{"message":".+"\}$/)
  })

  it('deny=TEXT', async () => {
    expect(await answerUnder('deny=Unable to assume role for x: no')).toMatchObject({
      status: 403,
      headers: { 'x-amzn-errortype': 'AccessDeniedException' },
      body: '{"message":"Unable to assume role for x: no"}',
    })
  })

  it('throttle=N lets N requests through in each second', async () => {
    const { url } = await start(['throttle=2,retry-after=7'])
    const statuses = async (): Promise<number[]> => {
      const answers = [await exchange(url, signed()), await exchange(url, signed())]
      const third = await exchange(url, signed())
      if (third.status === 429) expect(third.headers['retry-after']).toBe('7')
      return [...answers, third].map(({ status }) => status)
    }
    expect(await statuses()).toEqual([201, 201, 429])
    now += 1000
    expect(await statuses()).toEqual([201, 201, 429])
  })

  it('throttle=0:xN refuses N times, without Retry-After', async () => {
    const { url } = await start(['throttle=0:x2'])
    const answers = [await exchange(url, signed()), await exchange(url, signed())]
    expect(answers.map(({ status }) => status)).toEqual([429, 429])
    expect(answers[0]?.headers).not.toHaveProperty('retry-after')
    expect(await exchange(url, signed())).toMatchObject({ status: 201 })
  })

  it('skew=SECONDS moves the clock and the Date header', async () => {
    const { url } = await start(['skew=1000:x1', 'skew=-2000:x1'])
    const first = await exchange(url, signed())
    expect(first).toMatchObject({
      status: 403,
      headers: { date: new Date(now - 1_000_000).toUTCString() },
    })
    expect(first.body).toContain('Signature not yet current')
    expect(await exchange(url, signed())).toMatchObject({ status: 201 })

    const ahead = await start(['skew=1000'])
    expect(await exchange(ahead.url, signed())).toMatchObject({ status: 403 })
    const corrected = await exchange(ahead.url, signed(now + 1_000_000))
    expect(corrected.status).toBe(201)
    expect(corrected.headers['date']).toBe(new Date(now + 1_000_000).toUTCString())
  })
})

describe('the network breaks', () => {
  it('latency=MS keeps the answer back', async () => {
    const { url } = await start(['latency=60'])
    const started = performance.now()
    expect(await exchange(url, signed())).toMatchObject({ status: 201 })
    expect(performance.now() - started).toBeGreaterThanOrEqual(59)
  })

  it('slow=MS sends byte by byte', async () => {
    const { url } = await start(['slow=1', 'empty-object'])
    const started = performance.now()
    const { body } = await exchange(url, signed())
    expect(body).toBe('{}')
    expect(performance.now() - started).toBeGreaterThan(150)
  })

  it('close', async () => {
    expect(await bytesUnder('close')).toBe('')
  })

  it('reset', async () => {
    await expect(bytesUnder('reset')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('reset inside TLS', async () => {
    const { url, caPem } = await start(['reset'], { tls: true })
    await expect(exchange(url, signed(), caPem)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('silence lasts until the emulator is closed', async () => {
    const emulator = await start(['silence'])
    const answer = exchangeRaw(emulator.url, wireBytes(signed())).catch(() => Buffer.alloc(0))
    await vi.waitUntil(() => emulator.requestCount === 1)
    await emulator.close()
    expect(await answer).toHaveLength(0)
  })

  it('truncate announces more than it sends', async () => {
    const { headers, body } = await answerUnder('truncate')
    const announced = Number(headers['content-length'])
    expect(body.length).toBe(Math.floor(announced / 2))
  })

  it('huge is as long as it says', async () => {
    const { headers, body } = await answerUnder('huge=5000000')
    expect(Number(headers['content-length'])).toBe(body.length)
    expect(body.length).toBeGreaterThan(5_000_000)
    expect(JSON.parse(body)).toHaveProperty('credentialSet')
  })

  it('endless goes on for as long as it is read', async () => {
    const { url } = await start(['endless'])
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write(wireBytes(signed()))
    let received = 0
    for await (const chunk of socket) {
      received += (chunk as Buffer).length
      if (received > 10_000_000) break
    }
    expect(received).toBeGreaterThan(10_000_000)
  })
})

describe('a stranger answers', () => {
  it('garbage', async () => {
    expect(await bytesUnder('garbage')).toMatch(/^SSH-2\.0/)
  })

  it('html', async () => {
    expect(await answerUnder('html')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: expect.stringContaining('<!DOCTYPE html>') as string,
    })
  })

  it('redirect=URL', async () => {
    expect(await answerUnder('redirect=http://example.com:81/x')).toMatchObject({
      status: 307,
      headers: { location: 'http://example.com:81/x' },
    })
  })

  it('gzip', async () => {
    const bytes = Buffer.from(await bytesUnder('gzip'), 'latin1')
    expect(bytes.includes('content-encoding: gzip')).toBe(true)
    const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
    expect(body.length).toBeLessThan(40_000)
    expect(gunzipSync(body)).toHaveLength(16 * 1_048_576)
  })
})

describe('the credentials are none', () => {
  const credentials = (result: unknown): Record<string, string> =>
    (result as { credentialSet: [{ credentials: Record<string, string> }] }).credentialSet[0]
      .credentials

  it('empty, empty-object, empty-body, cut-json', async () => {
    expect(await answerUnder('empty')).toMatchObject({ status: 201, body: '{"credentialSet":[]}' })
    expect(await answerUnder('empty-object')).toMatchObject({ status: 201, body: '{}' })
    expect(await answerUnder('empty-body')).toMatchObject({ status: 201, body: '' })
    const { headers, body } = await answerUnder('cut-json')
    expect(body).toHaveLength(Number(headers['content-length']))
    expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError)
  })

  it('missing-token, missing-secret', async () => {
    const noToken = credentials(await jsonUnder('missing-token'))
    expect(Object.keys(noToken)).toEqual(['accessKeyId', 'secretAccessKey', 'expiration'])
    expect(credentials(await jsonUnder('missing-secret'))).not.toHaveProperty('secretAccessKey')
  })

  it('expires-in', async () => {
    const { expiration } = credentials(await jsonUnder('expires-in=120'))
    expect(expiration).toBe(`${new Date(now + 120_000).toISOString().slice(0, 19)}Z`)
  })

  it('expired, bad-expiration', async () => {
    const { expiration = '' } = credentials(await jsonUnder('expired'))
    expect(Date.parse(expiration)).toBeLessThan(now)
    expect(Date.parse(credentials(await jsonUnder('bad-expiration'))['expiration'] ?? '')).toBeNaN()
  })

  it('crlf, nul', async () => {
    expect(credentials(await jsonUnder('crlf'))['sessionToken']).toContain('\r\naws_')
    expect(credentials(await jsonUnder('nul'))['sessionToken']).toContain('\0')
  })

  it('deep, proto, duplicate', async () => {
    expect((await answerUnder('deep')).body).toHaveLength(200_000)
    expect((await answerUnder('proto')).body).toMatch(/^\{"__proto__":\{"credentialSet":\[.*\}\}$/)
    expect(credentials(await jsonUnder('duplicate'))['sessionToken']).toBeNull()
  })

  it('bom, utf16', async () => {
    expect((await answerUnder('bom')).body).toMatch(/^\ufeff\{"credentialSet"/)
    expect((await answerUnder('utf16')).body.slice(0, 6)).toBe('{\0"\0c\0')
  })

  it('a refusal stays a refusal', async () => {
    const { url } = await start(['expired', 'crlf', 'empty', 'utf16'])
    const answer = await exchange(url, signed(now - 3_600_000))
    expect(answer).toMatchObject({ status: 403 })
    expect(JSON.parse(answer.body)).toHaveProperty('message')
  })
})

describe('counts', () => {
  it('a fault with a count stops after it, and the facts name what happened', async () => {
    const { url, requests } = await start(['status=503:x2', 'latency=1:x1'])
    for (const status of [503, 503, 201]) {
      expect(await exchange(url, signed())).toMatchObject({ status })
    }
    expect(requests.map(({ status, faults, verdict }) => [status, faults, verdict.kind])).toEqual([
      [503, ['status=503:x2', 'latency=1:x1'], 'accepted'],
      [503, ['status=503:x2'], 'accepted'],
      [201, [], 'accepted'],
    ])
  })

  it('a fault that does not apply keeps its count', async () => {
    const { url } = await start(['expired:x1'])
    await exchange(url, signed(now - 3_600_000))
    expect((await exchange(url, signed())).body).toContain('2020-01-01T00:00:00Z')
    expect((await exchange(url, signed())).body).not.toContain('2020-01-01T00:00:00Z')
  })
})

it('every fault of the table is met above', async () => {
  const text = await readFile(new URL(import.meta.url), 'utf8')
  for (const name of Object.keys(FAULTS)) {
    expect(text, name).toMatch(new RegExp(`['\\[]${name}[=:']`))
  }
})
