/**
 * L1 to L9: load on the endpoint, and what it costs.
 *
 * @see reliability.md 6a
 * @module
 */

import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SessionCredentials } from '../../src/core/credentials.ts'
import { parseFault } from '../../src/emulator/faults.ts'
import { RefreshEngine } from '../../src/session/refresh-engine.ts'
import { FakeTime } from '../support/fake-time.ts'
import { createWorld } from '../support/long-running.ts'
import { runCli } from '../support/run-cli.ts'
import { ask, open, runLoad } from './load-client.ts'
import { seeded, sleep, type FaultRow } from './row.ts'
import { descriptors, rssMiB, withServe } from './serving-process.ts'
import { startServing, type Serving } from './serving.ts'

const HOUR = 3_600_000

const once = (serving: Serving) => ({
  port: serving.endpoint.port,
  request: serving.request,
  connections: 1000,
  requests: 1000,
})

const L1: FaultRow = {
  id: 'L1',
  what: '1,000 clients at the moment of expiry, service takes 300 ms',
  target: '1 CreateSession, 0 errors, one body, p99 <= 1300 ms',
  async run() {
    await using serving = await startServing({ faults: ['latency=300'] })
    await serving.engine.credentials()
    serving.jump(2 * HOUR)
    const before = serving.emulator.requestCount
    const load = await runLoad(once(serving))
    const calls = serving.emulator.requestCount - before
    return {
      figure: `${calls} CreateSession, ${load.errors} errors, ${load.statuses['200'] ?? 0} answers, ${load.distinctBodies} body, p99 ${load.p99Ms.toFixed(0)} ms`,
      held:
        calls === 1 &&
        load.errors === 0 &&
        load.statuses['200'] === 1000 &&
        load.distinctBodies === 1 &&
        load.p99Ms <= 1300,
    }
  },
}

const L2: FaultRow = {
  id: 'L2',
  what: 'the same, the service is down, old credentials still valid',
  target: '0 errors, the old ones, <= 1 call in 10 s',
  async run() {
    let isDown = false
    await using serving = await startServing({ isDown: () => isDown })
    const old = await serving.engine.credentials()
    isDown = true
    serving.engine.start()
    serving.jump(0.6 * HOUR)
    serving.engine.force()
    await sleep(200)
    const failures = () => [...serving.engine.status().failures.values()].reduce((a, b) => a + b, 0)
    const before = failures()
    const load = await runLoad({ ...once(serving), requests: 20_000 })
    await sleep(Math.max(0, 9_000 - load.seconds * 1000))
    const calls = failures() - before
    const isOld = serving.engine.current()?.accessKeyId === old.accessKeyId
    return {
      figure: `${load.errors} errors, ${load.statuses['200'] ?? 0} answers, ${isOld ? 'the old ones' : 'OTHERS'}, ${calls} more calls in 9 s`,
      held:
        load.errors === 0 && load.statuses['200'] === 20_000 && isOld && before === 1 && calls <= 1,
    }
  },
}

const L3: FaultRow = {
  id: 'L3',
  what: 'the same, nothing valid',
  target: 'all 500, never Success, 1 call, <= time of the failure + 1 s',
  async run() {
    await using serving = await startServing({ faults: ['latency=300', 'status=503'] })
    const load = await runLoad(once(serving))
    const calls = serving.emulator.requestCount
    return {
      figure: `${load.statuses['500'] ?? 0} x 500, ${load.errors} errors, ${calls} CreateSession, slowest ${load.maxMs.toFixed(0)} ms`,
      held: load.statuses['500'] === 1000 && load.errors === 0 && calls === 1 && load.maxMs <= 1300,
    }
  },
}

const L4: FaultRow = {
  id: 'L4',
  what: 'warm, 1,000 connections, 100,000 requests',
  target:
    'p99 <= 250 ms, >= 3,000/s, RSS growth after the first 10,000 <= 32 MiB, 0 descriptors leaked',
  run: async () =>
    withServe(async ({ pid, port, request }) => {
      const base = descriptors(pid)
      await runLoad({ port, request, connections: 1000, requests: 10_000 })
      const before = rssMiB(pid)
      const load = await runLoad({ port, request, connections: 1000, requests: 100_000 })
      const growth = rssMiB(pid) - before
      await sleep(1500)
      const leaked = descriptors(pid) - base
      const rate = 100_000 / load.seconds
      return {
        figure: `p99 ${load.p99Ms.toFixed(0)} ms, ${rate.toFixed(0)}/s, RSS ${rssMiB(pid).toFixed(0)} MiB (${growth >= 0 ? '+' : ''}${growth.toFixed(1)}), ${load.errors} errors, ${leaked} leaked`,
        held: load.p99Ms <= 250 && rate >= 3000 && growth <= 32 && leaked <= 0 && load.errors === 0,
      }
    }),
}

const L5: FaultRow = {
  id: 'L5',
  what: '500 slow peers: a byte a second, body announced and not sent, idle, silent',
  target: 'each cut within 10 s, a good client p99 <= 200 ms, descriptors back to base +- 5',
  run: async () =>
    withServe(async ({ pid, port, request }) => {
      const base = descriptors(pid)
      const startedAt = performance.now()
      const lives: Promise<number>[] = []
      const head = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
      for (let index = 0; index < 500; index++) {
        const socket = await open(port)
        lives.push(slowLife(socket, index % 4, head))
      }
      const good = await runLoad({ port, request, connections: 4, requests: 2000 })
      const longest = Math.max(...(await Promise.all(lives)))
      await sleep(500)
      const left = descriptors(pid) - base
      return {
        figure: `longest ${(longest / 1000).toFixed(1)} s, good p99 ${good.p99Ms.toFixed(0)} ms with ${good.errors} errors, ${left} descriptors left, ${((performance.now() - startedAt) / 1000).toFixed(0)} s in all`,
        held: longest <= 10_000 && good.p99Ms <= 200 && good.errors === 0 && Math.abs(left) <= 5,
      }
    }),
}

/** Milliseconds until the server has cut the connection. */
function slowLife(socket: Socket, kind: number, head: string): Promise<number> {
  const startedAt = performance.now()
  let sent = 0
  const dribble = setInterval(() => {
    if (kind === 0 && sent < head.length) socket.write(head[sent++] ?? '')
  }, 1000)
  if (kind === 1)
    socket.write(
      `PUT /latest/api/token HTTP/1.1\r\n${head.split('\r\n')[1] ?? ''}\r\nContent-Length: 5\r\n\r\n`,
    )
  if (kind === 2) socket.write(`${head}\r\n`)
  socket.resume()
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(dribble)
      resolve(performance.now() - startedAt)
    })
  })
}

const L6: FaultRow = {
  id: 'L6',
  what: '10,000 malformed requests, seed 1',
  target: 'each 4xx or closed, 0 crashes, next good answer <= 50 ms',
  run: async () =>
    withServe(async ({ serving, port, request }) => {
      const random = seeded(1)
      const outcomes: Record<string, number> = {}
      const workers = Array.from({ length: 16 }, async () => {
        for (let count = 0; count < 625; count++) {
          const outcome = await malformed(port, mutate(random, port))
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        }
      })
      await Promise.all(workers)
      const startedAt = performance.now()
      const socket = await open(port)
      const good = await ask(socket, request)
      const ms = performance.now() - startedAt
      socket.destroy()
      const bad = Object.keys(outcomes).filter((outcome) => !/^(4\d\d|closed)$/.test(outcome))
      return {
        figure: `${JSON.stringify(outcomes)}, alive: ${String(serving.child.exitCode === null)}, next ${good.status} in ${ms.toFixed(0)} ms`,
        held:
          bad.length === 0 &&
          good.status === '200' &&
          ms <= 50 &&
          !/failed to answer/.test(serving.stderr),
      }
    }),
}

/** Requests no row of which may succeed: none carries a token, none asks for what needs none. */
function mutate(random: () => number, port: number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const method = pick([
    'GET',
    'PUT',
    'POST',
    'HEAD',
    'OPTIONS',
    'CONNECT',
    'get',
    'G ET',
    '',
    'X'.repeat(50),
  ])
  const target = pick([
    '/credentials/onprem',
    '/latest/meta-data/iam/security-credentials/first',
    '//',
    '/../../etc/passwd',
    '/%2e%2e/',
    '/a\0b',
    'http://evil/credentials/onprem',
    '*',
    '',
    '/' + 'a'.repeat(20_000),
    '/credentials/onprem?x',
    '/credentials/onprem;x',
    '/\u00ff',
  ])
  const version = pick(['HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', 'HTTP/1.1 ', 'SPDY', ''])
  const headers = pick([
    `Host: 127.0.0.1:${port}`,
    `Host: 127.0.0.1:${port}\r\nHost: evil`,
    'Host: evil',
    'Host:',
    'Host : x',
    `host: 127.0.0.1:${port}\r\nContent-Length: -1`,
    `Host: 127.0.0.1:${port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked`,
    `Host: 127.0.0.1:${port}\r\n folded: x`,
    'X: \u0000',
    `Host: 127.0.0.1:${port}\r\nX-Forwarded-For: 1`,
    `Host: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: upgrade`,
    `Host: 127.0.0.1:${port}\r\n${'A: b\r\n'.repeat(3000)}`,
    `Host: 127.0.0.1:${port}\r\nAuthorization: ${'x'.repeat(10_000)}`,
    `Host: 127.0.0.1:${port}\r\nExpect: 100-continue\r\nContent-Length: 3`,
  ])
  const text = `${method} ${target} ${version}\r\n${headers}\r\n\r\n`
  const at = Math.floor(random() * text.length)
  switch (Math.floor(random() * 5)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return (
        text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
      )
    case 2:
      return text.slice(0, at) + text.slice(at, at + 20).repeat(5) + text.slice(at)
    default:
      return text
  }
}

async function malformed(port: number, bytes: string): Promise<string> {
  const socket = await open(port)
  return await new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.once('close', () => {
      resolve(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'closed')
    })
    socket.end(Buffer.from(bytes, 'latin1'))
  })
}

const L7: FaultRow = {
  id: 'L7',
  what: '100,000 metadata tokens asked for',
  target: 'the first is still good, RSS growth <= 16 MiB',
  run: async () =>
    withServe(async ({ pid, port }) => {
      const head = `Host: 127.0.0.1:${port}\r\n`
      const put = `PUT /latest/api/token HTTP/1.1\r\n${head}X-aws-ec2-metadata-token-ttl-seconds: 21600\r\nContent-Length: 0\r\n\r\n`
      const socket = await open(port)
      const first = (await ask(socket, put)).body
      socket.destroy()
      await runLoad({ port, request: put, connections: 64, requests: 10_000 })
      const before = rssMiB(pid)
      const load = await runLoad({ port, request: put, connections: 64, requests: 100_000 })
      const growth = rssMiB(pid) - before
      const again = await open(port)
      const { status } = await ask(
        again,
        `GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n${head}X-aws-ec2-metadata-token: ${first}\r\n\r\n`,
      )
      again.destroy()
      return {
        figure: `first token: ${status}, RSS ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MiB, ${load.distinctBodies} distinct`,
        held: status === '200' && growth <= 16 && load.distinctBodies === 100_000,
      }
    }),
}

const L8: FaultRow = {
  id: 'L8',
  what: '24 h soak in fake time, sessions of 30 min',
  target: 'every refresh once and in time, > 60 s always left, heap +- 10 %',
  async run() {
    const time = new FakeTime()
    let calls = 0
    const engine = new RefreshEngine({
      obtain: async () => {
        calls += 1
        await time.wait(300)
        return new SessionCredentials({
          accessKeyId: `ASIA${String(calls).padStart(12, '0')}`,
          secretAccessKey: 'x'.repeat(40),
          sessionToken: 'y'.repeat(900),
          expiresAt: time.clock() + HOUR / 2,
          accountId: '111122223333',
          roleArn: 'arn:aws:iam::111122223333:role/x',
        })
      },
      clock: time.clock,
      monotonic: time.monotonic,
      random: seeded(1),
      schedule: time.schedule,
      reporter: { warn: () => undefined, debug: () => undefined },
    })
    engine.start()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await time.advance(HOUR)
    collect()
    const before = process.memoryUsage().heapUsed
    let least = Infinity
    for (let minute = 0; minute < 23 * 60; minute++) {
      await time.advance(60_000)
      least = Math.min(least, (engine.current()?.expiresAt ?? 0) - time.clock())
    }
    collect()
    const growth = (process.memoryUsage().heapUsed / before - 1) * 100
    const failures = engine.status().failures.size
    await engine[Symbol.asyncDispose]()
    return {
      figure: `${calls} refreshes, ${failures} failures, at least ${(least / 1000).toFixed(0)} s left, heap ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} %`,
      held:
        calls >= 88 && calls <= 108 && failures === 0 && least > 60_000 && Math.abs(growth) <= 10,
    }
  },
}

const L9: FaultRow = {
  id: 'L9',
  what: '20 credential-process at once against a quota of 10/s',
  target: 'all succeed within 15 s',
  async run() {
    await using world = await createWorld({ faults: [parseFault('throttle=10')] })
    const startedAt = performance.now()
    const runs = await Promise.all(
      Array.from({ length: 20 }, async () =>
        runCli(['credential-process', '--profile', 'onprem'], { env: world.env }),
      ),
    )
    const seconds = (performance.now() - startedAt) / 1000
    const good = runs.filter(({ exitCode }) => exitCode === 0).length
    return {
      figure: `${good} of 20 in ${seconds.toFixed(1)} s, ${world.emulator.requestCount} requests`,
      held: good === 20 && seconds <= 15,
    }
  },
}

export const LOAD_ROWS: readonly FaultRow[] = [L1, L2, L3, L4, L5, L6, L7, L8, L9]
