import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { EarlyConnection } from '../../src/transport/early-connection.ts'
import { createTransport, type Transport } from '../../src/transport/send.ts'
import {
  answering,
  connectProxy,
  requestTo,
  tcpServer,
  tlsServer,
  type LoopbackServer,
} from './transport-servers.ts'

const root = await createAuthority()
const leaf = await root.issue({ ipAddresses: ['127.0.0.1'], dnsNames: ['aws.test'] })
const SERVER = { cert: leaf.certificatePem, key: leaf.privateKeyPem }
const CA_BUNDLE = { pem: root.certificatePem, source: 'ca.pem' }
const HELLO = answering('HTTP/1.1 200 OK', 'hello')

function transportWith(options: Partial<Parameters<typeof createTransport>[0]> = {}): Transport {
  return createTransport({ userAgent: 'test', caBundle: CA_BUNDLE, ...options })
}

function urlOf({ port }: LoopbackServer): URL {
  return new URL(`https://127.0.0.1:${port}/`)
}

/** The server's end of the first connection, once the handshake is over. */
function firstConnection(): { seen: Promise<Socket>; onConnection: (socket: Socket) => void } {
  const { promise: seen, resolve } = Promise.withResolvers<Socket>()
  return {
    seen,
    onConnection(socket) {
      HELLO(socket)
      resolve(socket)
    },
  }
}

describe('a connection that was prepared', () => {
  it('carries the request, and no other is opened', async () => {
    await using server = await tlsServer(SERVER, HELLO)
    await using transport = transportWith()
    await transport.prepare(urlOf(server))
    expect((await transport.send(requestTo(urlOf(server).href))).status).toBe(200)
    expect(server.connections).toHaveLength(1)
    expect((await transport.send(requestTo(urlOf(server).href))).status).toBe(200)
    expect(server.connections).toHaveLength(2)
  })

  it('leads through the proxy, and its tunnel', async () => {
    await using server = await tlsServer(SERVER, HELLO)
    const seen: Parameters<typeof connectProxy>[1]['seen'] = []
    await using proxy = await connectProxy(server.port, { seen })
    await using transport = transportWith({
      proxy: { httpsProxy: `http://127.0.0.1:${proxy.port}` },
    })
    const url = 'https://aws.test/'
    await transport.prepare(new URL(url))
    expect((await transport.send(requestTo(url))).status).toBe(200)
    expect(seen).toHaveLength(1)
    expect(server.connections).toHaveLength(1)
  })

  it('sends nothing by itself, and ends in order when there is no request', async () => {
    const { seen, onConnection } = firstConnection()
    await using server = await tlsServer(SERVER, onConnection)
    {
      await using transport = transportWith()
      await transport.prepare(urlOf(server))
      await seen
    }
    const socket = await seen
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    // 'end' comes of close_notify; a connection that is cut gives an error.
    await once(socket, 'end')
    expect(bytes).toBe(0)
  })

  it('is replaced in silence when the server has closed it meanwhile', async () => {
    const { seen, onConnection } = firstConnection()
    await using server = await tlsServer(SERVER, onConnection)
    await using transport = transportWith()
    await transport.prepare(urlOf(server))
    const socket = await seen
    socket.end()
    await once(socket, 'close')
    expect((await transport.send(requestTo(urlOf(server).href))).status).toBe(200)
    expect(server.connections).toHaveLength(2)
  })

  it('that was refused is tried again for the request', async () => {
    const gone = await tcpServer(() => undefined)
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    await using transport = transportWith()
    await transport.prepare(new URL(`http://127.0.0.1:${port}/`))
    const late = createServer(HELLO).listen(port, '127.0.0.1')
    await once(late, 'listening')
    const { status } = await transport.send(requestTo(`http://127.0.0.1:${port}/`))
    late.close()
    expect(status).toBe(200)
  })

  it('on which the server has spoken unasked is not used', async () => {
    const url = new URL('https://127.0.0.1/')
    const socket = new Socket()
    const early = new EarlyConnection(url, Promise.resolve(socket))
    // As a load balancer takes leave of an idle client.
    socket.push('HTTP/1.1 408 Request Timeout\r\n\r\n')
    await Promise.resolve()
    expect(early.take(url)).toBeUndefined()
    await once(socket, 'close')
  })

  it('that fails before its bundle is read harms nobody', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => {
      unhandled.push(reason)
    }
    process.on('unhandledRejection', note)
    const gone = await tcpServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    {
      await using transport = transportWith()
      await transport.prepare(urlOf(gone))
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('that leads elsewhere is left alone', async () => {
    await using elsewhere = await tlsServer(SERVER, HELLO)
    await using server = await tlsServer(SERVER, HELLO)
    await using transport = transportWith()
    await transport.prepare(urlOf(elsewhere))
    expect((await transport.send(requestTo(urlOf(server).href))).status).toBe(200)
  })

  it('that hangs fails the request within the time of one connection', async () => {
    await using server = await tcpServer(() => undefined)
    await using transport = transportWith({
      timeouts: { connectMs: 400, firstByteMs: 60_000, totalMs: 60_000 },
    })
    await transport.prepare(urlOf(server))
    await expect(transport.send(requestTo(urlOf(server).href))).rejects.toMatchObject({
      code: 'ERR_NETWORK_TIMEOUT',
      message: `timed out after 0.4 s in the TLS handshake with 127.0.0.1:${server.port}`,
    })
    expect(server.connections).toHaveLength(1)
  })

  it('is given up by the caller of the request', async () => {
    await using server = await tcpServer(() => undefined)
    await using transport = transportWith()
    await transport.prepare(urlOf(server))
    const controller = new AbortController()
    const sent = transport.send(requestTo(urlOf(server).href), { signal: controller.signal })
    controller.abort()
    await expect(sent).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })
})
