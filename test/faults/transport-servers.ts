/**
 * Loopback counterparts for the transport: raw TCP, TLS, and a CONNECT proxy, which misbehave as told.
 *
 * @module
 */

import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { HttpRequest } from '../../src/core/ports.ts'

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number
  readonly connections: readonly Socket[]
}

/** A TCP server that hands each connection to `onConnection`. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<LoopbackServer> {
  return await listening(createServer(onConnection))
}

/** A TLS server; handshakes that fail are the client's to report. */
export async function tlsServer(
  options: TlsOptions,
  onConnection: (socket: Socket) => void = answering('HTTP/1.1 200 OK', 'hello'),
): Promise<LoopbackServer> {
  const server = createTlsServer(options, onConnection)
  server.on('tlsClientError', () => undefined)
  return await listening(server)
}

async function listening(server: Server): Promise<LoopbackServer> {
  const connections: Socket[] = []
  server.prependListener('connection', (socket: Socket) => {
    socket.on('error', () => undefined)
    connections.push(socket)
  })
  server.on('secureConnection', (socket: Socket) => {
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Answers the first request bytes of a connection with these headers and body. */
export function answering(
  head: string,
  body = '',
  onRequest: (text: string) => void = () => undefined,
): (socket: Socket) => void {
  return (socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      onRequest(text)
      socket.write(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    })
  }
}

export interface SeenTunnel {
  readonly target: string
  readonly authorization: string | undefined
}

/** A CONNECT proxy that leads every tunnel to `port` on loopback, or answers with `refusal`. */
export async function connectProxy(
  port: number,
  options: { readonly refusal?: string; readonly seen: SeenTunnel[] },
): Promise<LoopbackServer> {
  return await tcpServer((socket) => {
    socket.once('data', (chunk: Buffer) => {
      const head = chunk.toString('latin1')
      options.seen.push({
        target: /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? '',
        authorization: /^proxy-authorization: (.*)$/im.exec(head)?.[1]?.trim(),
      })
      if (options.refusal !== undefined) {
        socket.end(`HTTP/1.1 ${options.refusal}\r\ncontent-length: 0\r\n\r\n`)
        return
      }
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      const onward = connect(port, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
      socket.pipe(onward).pipe(socket)
    })
  })
}

/** A POST with a small JSON body. */
export function requestTo(url: string): HttpRequest {
  return {
    method: 'POST',
    url: new URL(url),
    headers: { host: new URL(url).host, 'content-type': 'application/json' },
    body: Buffer.from('{"hello":"world"}'),
  }
}
