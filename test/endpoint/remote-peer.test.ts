/** What another machine gets from the endpoint: two networks, joined by a cable, that exist for this test. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const HERE = `rolesanywhere-${process.pid}-a`
const THERE = `rolesanywhere-${process.pid}-b`
/** For tests of networks: RFC 2544. */
const ADDRESSES = { [HERE]: '198.18.0.1', [THERE]: '198.18.0.2' }

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

function canMakeNetworks(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    ip('netns', 'add', HERE)
    ip('netns', 'add', THERE)
    ip('-n', HERE, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', THERE)
    for (const [name, address] of Object.entries(ADDRESSES)) {
      ip('-n', name, 'address', 'add', `${address}/30`, 'dev', 'cable')
      ip('-n', name, 'link', 'set', 'cable', 'up')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    return true
  } catch {
    return false
  }
}

/** Needs root, and the rights that many containers lack. */
const isThere = canMakeNetworks()

interface Started {
  readonly endpoint: string
  readonly monitor: string
  readonly token: string
}

describe.skipIf(!isThere)('a peer on another machine', () => {
  let server: ChildProcess
  let started: Started

  beforeAll(async () => {
    const script = join(import.meta.dirname, '../support/remote-endpoint.ts')
    server = spawn('ip', ['netns', 'exec', HERE, process.execPath, script, ADDRESSES[HERE] ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(server.stdout!, 'data')) as [Buffer]
    started = JSON.parse(line.toString()) as Started
  })
  afterAll(async () => {
    server.kill()
    await once(server, 'close')
  })

  /** The status that a program in the other network gets. */
  function statusFrom(network: string, url: string, authorization: string): number {
    const program = `
      const [url, authorization] = process.argv.slice(1)
      require('node:http').get(url, { headers: { authorization }, agent: false }, (response) => {
        response.resume()
        console.log(response.statusCode)
      })`
    const args = ['netns', 'exec', network, process.execPath, '-e', program, url, authorization]
    return Number(execFileSync('ip', args).toString())
  }

  it.each(['/healthz', '/readyz', '/metrics', '/status'])(
    'is told nothing on %s, with the token or without, where this machine is',
    (path) => {
      const url = started.endpoint + path
      expect(statusFrom(THERE, url, '')).toBe(404)
      expect(statusFrom(THERE, url, started.token)).toBe(404)
      expect(statusFrom(HERE, url, '')).toBe(200)
    },
  )

  it('gets credentials for the token', () => {
    const url = `${started.endpoint}/credentials/default`
    expect(statusFrom(THERE, url, started.token)).toBe(200)
    expect(statusFrom(THERE, url, 'another')).toBe(401)
  })

  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 200],
    ['/status', 404],
    ['/credentials/default', 404],
  ])('gets on %s of the monitor %i', (path, status) => {
    expect(statusFrom(THERE, started.monitor + path, started.token)).toBe(status)
  })
})

afterAll(() => {
  for (const name of [HERE, THERE]) {
    try {
      ip('netns', 'del', name)
    } catch {
      // It could not be made.
    }
  }
})
