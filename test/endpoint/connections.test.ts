/** Another user of the machine fills the endpoint with sockets that say nothing. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { PeerUsers } from '../../src/machine/peer-uid.ts'
import { Connections } from '../../src/outputs/endpoint/connections.ts'
import { startEndpoint, type Endpoint } from '../../src/outputs/endpoint/server.ts'
import { servedRole } from '../support/served-role.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

async function start(allowedUids?: ReadonlySet<number>): Promise<Endpoint> {
  return await startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    allowedUids,
    roles: [servedRole()],
    containerTokens: new Map(),
    metadataTokens: undefined,
    identityDocument: false,
    version: '0.0.0',
    clock: Date.now,
    reporter: { warn: () => undefined, debug: () => undefined },
  })
}

/** Opens sockets, says when all are connected, and keeps each open for as long as it is let. */
const SQUATTER = `
  const { connect } = require('node:net')
  const [port, count] = process.argv.slice(1).map(Number)
  let open = 0
  const next = () => {
    const socket = connect(port, '127.0.0.1', () => {
      open += 1
      if (open === count) console.log('open')
      if (open < count) next()
    })
    socket.on('error', () => undefined)
    socket.resume()
  }
  next()
  setInterval(() => undefined, 1000)`

async function squat(endpoint: Endpoint, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', SQUATTER, String(endpoint.port), String(count)], {
    uid: NOBODY,
    gid: NOBODY,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

function health(endpoint: Endpoint): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: endpoint.port, path: '/healthz', agent: false },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

describe.skipIf(!isRoot)('1,100 idle sockets of another user', () => {
  it.each([
    ['who is not on the list', new Set([0])],
    ['where everybody may connect', undefined],
  ])('(%s) keep nobody out', async (_who, allowed) => {
    await using endpoint = await start(allowed)
    const child = await squat(endpoint, 1_100)
    try {
      expect(await Promise.all(Array.from({ length: 20 }, () => health(endpoint)))).toEqual(
        Array.from({ length: 20 }, () => 200),
      )
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  })
})

describe('at the cap', () => {
  it('the oldest idle socket of whoever has the most goes, and none that is at work', async () => {
    const accepted: Socket[] = []
    const connections = new Connections({ perPeer: 3, total: 10 }, new PeerUsers())
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      accepted.push(socket)
      connections.add(socket)
      // The first is at work when the others come.
      if (accepted.length === 1) connections.busy(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const clients: Socket[] = []
    const closed: number[] = []
    const left = Promise.withResolvers<undefined>()
    for (let index = 0; index < 5; index += 1) {
      const client = connect(port, '127.0.0.1')
      clients.push(client)
      client.on('error', () => undefined)
      client.on('close', () => {
        closed.push(index)
        if (closed.length === 2) left.resolve(undefined)
      })
      client.resume()
      await once(client, 'connect')
    }
    await left.promise
    expect(closed.toSorted()).toEqual([1, 2])
    for (const client of clients) client.destroy()
    server.close()
  })
})
