/**
 * The serve rows of design.md 6: throughput, latency, memory, the moment of expiry, and a large
 * credentials file. A bare Node server with an answer of the same size runs beside, so that the
 * machine's speed and its other work can be told from ours.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setProfileKeys } from '../src/outputs/credentials-file/edit-profile.ts'
import { runLoad, type LoadResult } from '../test/faults/load-client.ts'
import { startServing } from '../test/faults/serving.ts'
import { createWorld, startServe } from '../test/support/long-running.ts'

const rssMiB = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1]) / 1024

export interface ServeRow {
  readonly what: string
  readonly figure: string
  readonly budget: string
  readonly held: boolean
}

type Report = (what: string, figure: string, budget: string, held: boolean) => void

const BARE = `
  const body = 'x'.repeat(1100)
  require('node:http').createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1100 })
    response.end(body)
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

async function measureRequests(row: Report): Promise<void> {
  await using world = await createWorld()
  await using serving = await startServe(world, ['--profile', 'onprem'])
  const bare = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [chunk] = (await once(bare.stdout, 'data')) as [Buffer]
    const barePort = Number(chunk.toString())
    const {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = '',
    } = serving.exported
    const { port, pathname } = new URL(uri)
    const head = `HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
    const ours = {
      port: Number(port),
      request: `GET ${pathname} ${head}Authorization: ${readFileSync(file, 'utf8')}\r\n\r\n`,
    }
    const theirs = { port: barePort, request: `GET / ${head}\r\n` }
    const both = async (
      connections: number,
      requests: number,
    ): Promise<[LoadResult, LoadResult]> => [
      await runLoad({ ...ours, connections, requests }),
      await runLoad({ ...theirs, connections, requests }),
    ]
    await both(64, 10_000)
    const [warm, bareWarm] = await both(64, 50_000)
    const before = rssMiB(serving.child.pid)
    const [rate, bareRate] = [50_000 / warm.seconds, 50_000 / bareWarm.seconds]
    row(
      'serve, warm, 64 connections',
      `${rate.toFixed(0)} requests/s, ${(rate / bareRate).toFixed(2)} of bare Node's ${bareRate.toFixed(0)}`,
      '>= 0.6 of bare Node',
      rate >= 0.6 * bareRate,
    )
    await both(1000, 5_000)
    const [wide, bareWide] = await both(1000, 50_000)
    row(
      'serve, warm, 1,000 connections',
      `p99 ${wide.p99Ms.toFixed(0)} ms (bare Node ${bareWide.p99Ms.toFixed(0)} ms), ${wide.errors} errors`,
      'p99 <= 250 ms',
      wide.p99Ms <= 250 && wide.errors === 0,
    )
    const after = rssMiB(serving.child.pid)
    row(
      'serve, memory after 100,000 requests',
      `${before.toFixed(0)} MiB with 64, ${after.toFixed(0)} with 1,000 (bare Node ${rssMiB(bare.pid).toFixed(0)})`,
      '<= 85 MiB, flat',
      before <= 85,
    )
  } finally {
    bare.kill()
  }
}

async function measureExpiry(row: Report): Promise<void> {
  await using serving = await startServing({ faults: ['latency=300'] })
  await serving.engine.credentials()
  serving.jump(7_200_000)
  const before = serving.emulator.requestCount
  const { port } = serving.endpoint
  const load = await runLoad({ port, request: serving.request, connections: 1000, requests: 1000 })
  const calls = serving.emulator.requestCount - before
  row(
    '1,000 clients at the moment of expiry',
    `${calls} CreateSession, ${load.errors} errors`,
    '1, 0',
    calls === 1 && load.errors === 0,
  )
}

/** Milliseconds to set one profile among `count`, the best of five. */
function timeEdit(count: number): number {
  const file = Buffer.from(
    Array.from(
      { length: count },
      (_, i) =>
        `[p${i}]\naws_access_key_id = ASIA${i}\naws_secret_access_key = ${'s'.repeat(40)}\naws_session_token = ${'t'.repeat(200)}\n\n`,
    ).join(''),
  )
  const keys = { aws_access_key_id: 'a', aws_secret_access_key: 'b', aws_session_token: 'c' }
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now()
    setProfileKeys(file, `p${Math.floor(count / 2)}`, keys)
    return performance.now() - startedAt
  })
  return Math.min(...times)
}

/** All rows, on a machine that does nothing else. */
export async function measureServe(): Promise<readonly ServeRow[]> {
  const rows: ServeRow[] = []
  const row: Report = (what, figure, budget, held) => rows.push({ what, figure, budget, held })
  await measureRequests(row)
  await measureExpiry(row)
  const [small, large] = [timeEdit(1_000), timeEdit(10_000)]
  row(
    'a credentials file of 10,000 profiles',
    `${large.toFixed(1)} ms, ${(large / small).toFixed(1)} x that of 1,000`,
    '<= 250 ms, linear',
    large <= 250 && large / small < 20,
  )
  return rows
}
