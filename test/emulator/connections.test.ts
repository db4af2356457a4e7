/** The emulator as a server: addresses, TLS, broken clients, an orderly end. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { request as httpsRequest } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { REQUEST_DEADLINE_MS } from '../../src/emulator/connection.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import {
  createAuthority,
  type Authority,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import {
  exchange,
  exchangeRaw,
  parseResponse,
  signRequest,
  wireBytes,
  type WireRequest,
} from '../support/pki-request.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')

let root: Authority
let leaf: IssuedCertificate
const running: Emulator[] = []

beforeAll(async () => {
  root = await createAuthority()
  leaf = await root.issue()
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(running.splice(0).map((emulator) => emulator.close()))
})

async function start(options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
  const emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    clock: () => NOW,
    ...options,
  })
  running.push(emulator)
  return emulator
}

function signed(): WireRequest {
  return signRequest({ ...leaf, at: NOW })
}

async function connected({ url }: Emulator): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** Everything that still arrives until the connection ends, however it ends. */
async function rest(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
  } catch {
    // A reset ends a connection too.
  }
  return Buffer.concat(chunks)
}

describe('addresses', () => {
  it.each([
    '0.0.0.0',
    '::',
    '192.168.0.1',
    'example.com',
    '127.0.0.1.example.com',
    'localhost',
    '',
  ])('%s is not listened on', async (host) => {
    await expect(start({ host })).rejects.toMatchObject({ code: 'ERR_USAGE_INVALID_VALUE' })
  })

  it('the IPv6 loopback address works', async () => {
    const emulator = await start({ host: '::1' })
    expect(emulator.url).toBe(`http://[::1]:${emulator.port}`)
    const response = await fetch(`${emulator.url}/sessions`)
    expect(response.status).toBe(404)
  })

  it('a port that is taken is named', async () => {
    const { port } = await start()
    await expect(start({ port })).rejects.toMatchObject({
      code: 'ERR_OUTPUT_ADDRESS_IN_USE',
      message: `port ${port} on 127.0.0.1 is taken`,
    })
  })
})

describe('TLS', () => {
  it('its own certificate is good for 127.0.0.1 and localhost, under its own CA', async () => {
    const { port, caPem } = await start({ tls: true })
    for (const host of ['127.0.0.1', 'localhost']) {
      const status = await new Promise((resolve, reject) => {
        const request = httpsRequest({ host, port, ca: caPem, path: '/' }, (response) => {
          resolve(response.statusCode)
        })
        request.once('error', reject)
        request.end()
      })
      expect(status).toBe(404)
    }
  })

  it('a session is created over TLS', async () => {
    const { url, caPem } = await start({ tls: true })
    expect(url).toMatch(/^https:/)
    expect(await exchange(url, signed(), caPem)).toMatchObject({ status: 201 })
  })

  it('a certificate that is given is used, and its CA is not ours to tell', async () => {
    const certificate = await root.issue({ ipAddresses: ['127.0.0.1'] })
    const { url, caPem } = await start({ tls: certificate })
    expect(caPem).toBeUndefined()
    expect(await exchange(url, signed(), root.certificatePem)).toMatchObject({ status: 201 })
  })

  it('nobody else trusts it', async () => {
    const { url } = await start({ tls: true })
    await expect(exchange(url, signed(), root.certificatePem)).rejects.toThrow(
      /verify|local issuer/,
    )
  })

  it('TLS 1.1 is not spoken, and a talker of HTTP does no harm', async () => {
    const { url, port, caPem } = await start({ tls: true })
    const old = connectTls({
      host: '127.0.0.1',
      port,
      ca: caPem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    const error = await new Promise((resolve) => old.once('error', resolve))
    expect(error).toHaveProperty('code')
    const plain = await exchangeRaw(url.replace('https', 'http'), wireBytes(signed())).catch(() =>
      Buffer.alloc(0),
    )
    expect(plain.toString('latin1')).not.toContain('HTTP/1.1')
    expect(await exchange(url, signed(), caPem)).toMatchObject({ status: 201 })
  })
})

describe('connections', () => {
  it('one carries many requests, in order, even sent at once', async () => {
    const emulator = await start()
    const other: WireRequest = { ...signed(), method: 'GET' }
    const last: WireRequest = { ...signed(), target: '/sessions?changed' }
    last.headers.push(['Connection', 'Close'])
    const bytes = Buffer.concat([signed(), other, last].map(wireBytes))
    const answers = (await exchangeRaw(emulator.url, bytes)).toString('latin1')
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 201',
      'HTTP/1.1 404',
      'HTTP/1.1 403',
    ])
    expect(answers.match(/connection: \S+/g)).toEqual([
      'connection: keep-alive',
      'connection: keep-alive',
      'connection: close',
    ])
  })

  it('a request may come byte by byte', async () => {
    const emulator = await start()
    const socket = await connected(emulator)
    socket.setNoDelay(true)
    const closing = signed()
    closing.headers.push(['Connection', 'close'])
    for (const byte of wireBytes(closing)) {
      await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve))
    }
    expect(parseResponse(await rest(socket)).status).toBe(201)
  })

  it('one that sends too little is cut off at the deadline, whatever it sends meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const emulator = await start()
    const idle = await connected(emulator)
    const slow = await connected(emulator)
    slow.write('POST /sess')
    const ends = Promise.all([rest(idle), rest(slow)])
    while (vi.getTimerCount() < 2) await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(REQUEST_DEADLINE_MS - 1)
    expect([idle.closed, slow.closed]).toEqual([false, false])
    slow.write('ions')
    await vi.advanceTimersByTimeAsync(1)
    expect(await ends).toEqual([Buffer.alloc(0), Buffer.alloc(0)])
    expect(emulator.requestCount).toBe(0)
  })

  it('closing ends all of them at once', async () => {
    for (const tls of [false, true]) {
      const emulator = await start({ tls })
      const sockets = await Promise.all([connected(emulator), connected(emulator)])
      sockets[0].write('POST /')
      const ends = Promise.all(sockets.map(rest))
      await emulator.close()
      await ends
      await expect(connected(emulator)).rejects.toThrow()
    }
  }, 5000)

  it('await using closes it', async () => {
    const { url } = await (async () => {
      await using emulator = await startEmulator({
        trustAnchors: root.certificatePem,
        clock: () => NOW,
      })
      expect(await exchange(emulator.url, signed())).toMatchObject({ status: 201 })
      return emulator
    })()
    await expect(exchange(url, signed())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

it('the journal keeps the latest thousand requests, and counts them all', async () => {
  const seen: string[] = []
  const emulator = await start({ onRequest: ({ requestId }) => seen.push(requestId) })
  const one: WireRequest = { method: 'GET', target: '/', headers: [['Host', 'x']], body: '' }
  const last: WireRequest = { ...one, headers: [...one.headers, ['Connection', 'close']] }
  const many = [...Array.from({ length: 1004 }, () => wireBytes(one)), wireBytes(last)]
  await exchangeRaw(emulator.url, Buffer.concat(many))
  expect(emulator.requestCount).toBe(1005)
  expect(emulator.requests.map(({ requestId }) => requestId)).toEqual(seen.slice(-1000))
})

describe('what is not HTTP', () => {
  const seed = 20_261_122
  const good = (): Buffer => wireBytes(signed())

  it(`never breaks the emulator: 600 mutations of a good request, seed ${seed}`, async () => {
    const emulator = await start()
    const random = lcg(seed)
    for (let round = 0; round < 600; round += 1) {
      const bytes = mutated(good(), random)
      const answer = await exchangeRaw(emulator.url, bytes).catch(() => Buffer.alloc(0))
      if (answer.length > 0) {
        const { status } = parseResponse(answer)
        expect(status, bytes.toString('latin1')).toBeGreaterThanOrEqual(201)
        expect(status, bytes.toString('latin1')).toBeLessThan(506)
        expect(status, bytes.toString('latin1')).not.toBe(500)
      }
    }
    expect(emulator.requests.filter(({ verdict }) => verdict.kind === 'internal-error')).toEqual([])
    expect(await exchange(emulator.url, signed())).toMatchObject({ status: 201 })
  })

  it(`never breaks it in the certificates: 400 mutations of DER, seed ${seed}`, async () => {
    const emulator = await start()
    const random = lcg(seed)
    const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*?-----|\s/g, ''), 'base64')
    for (let round = 0; round < 400; round += 1) {
      const request = signed()
      const header = round % 2 === 0 ? 'X-Amz-X509' : 'X-Amz-X509-Chain'
      request.headers = request.headers.filter(([name]) => name !== header)
      const pem = round % 4 === 0 ? root.certificatePem : leaf.certificatePem
      request.headers.push([header, mutated(der(pem), random).toString('base64')])
      const { status } = await exchange(emulator.url, request)
      expect(status).toBe(403)
    }
    expect(emulator.requests.filter(({ verdict }) => verdict.kind === 'internal-error')).toEqual([])
  })

  it('is answered once and then hung up on', async () => {
    const { url } = await start()
    const answer = await exchangeRaw(
      url,
      Buffer.from('SSH-2.0-client\r\n\r\nPOST / HTTP/1.1\r\n\r\n'),
    )
    expect(parseResponse(answer)).toMatchObject({
      status: 400,
      headers: { connection: 'close' },
      body: '{"message":"malformed request line"}',
    })
  })
})

/** A small repeatable source of chance: every failure can be run again. */
function lcg(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
}

function mutated(bytes: Buffer, random: (below: number) => number): Buffer {
  let result = Buffer.from(bytes)
  for (let times = random(3); times >= 0; times -= 1) {
    const at = random(result.length)
    const length = 1 + random(16)
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    switch (random(5)) {
      case 0:
        result[at] = random(256)
        break
      case 1:
        result = Buffer.concat([before, after.subarray(length)])
        break
      case 2:
        result = Buffer.concat([before, after.subarray(0, length), after])
        break
      case 3:
        result = before.length > 0 ? Buffer.from(before) : result
        break
      default:
        result = Buffer.concat([before, Buffer.from('\r\n'), after])
    }
  }
  return result
}
