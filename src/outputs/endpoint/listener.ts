/**
 * A local HTTP server with limits that hold: slow and greedy peers are cut off, and a graceful stop lets
 * answers under way end.
 *
 * @see reliability.md T5, T6, T9
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting, type SettingName } from '../../core/wording.ts'
import { errnoOf, reasonOf } from '../../machine/errno.ts'
import type { PeerUsers } from '../../machine/peer-uid.ts'
import { Connections } from './connections.ts'
import { headOf, type EndpointResponse } from './exchange.ts'

/** Where to listen: an address, or a socket that systemd has opened. */
export type ListenOn = { readonly address: string; readonly port: number } | { readonly fd: number }

const TIMEOUTS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // Node looks at the timeouts only this often; its default of 30 s makes them all mean 30 s.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const
const MAX_REQUESTS_PER_SOCKET = 1_000
const LIMITS = { perPeer: 1_024, total: 2_048 }
/** Before room is made, which takes a moment. */
const MAX_SOCKETS = 4_096
/** A peer between which and us nothing moves for this long is gone; longer than one CreateSession. */
const SOCKET_IDLE_MS = 30_000
const STOP_PATIENCE_MS = 3_000

/** Answers a request, at once where it can. `expectsContinue`: its sender waits to be asked for a body. */
export type Respond = (
  request: IncomingMessage,
  expectsContinue: boolean,
) => EndpointResponse | Promise<EndpointResponse>

export interface HttpServer {
  readonly server: Server
  readonly connections: Connections
}

/** A server that does not listen yet. `respond` must neither throw nor reject. */
export function createHttpServer(respond: Respond, users: PeerUsers): HttpServer {
  const connections = new Connections(LIMITS, users)
  function finished(this: ServerResponse): void {
    connections.idle(this.req.socket)
  }
  const answer = (
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): void => {
    connections.busy(request.socket)
    response.on('finish', finished)
    const result = respond(request, expectsContinue)
    if (!(result instanceof Promise)) send(request, response, result)
    else
      void result.then((later) => {
        send(request, response, later)
      })
  }
  const server = createServer(TIMEOUTS, (request, response) => {
    answer(request, response, false)
  })
  // "Expect: 100-continue" announces a body: it is refused like one, and never asked for.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, true)
  })
  // A client that has said all it has to say may close its side and wait. Node knows no other way to this.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.maxConnections = MAX_SOCKETS
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET
  server.timeout = SOCKET_IDLE_MS
  server.on('timeout', (socket: Socket) => {
    socket.destroy()
  })
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
  })
  return { server, connections }
}

function send(request: IncomingMessage, response: ServerResponse, result: EndpointResponse): void {
  // Node takes a flat list, and does not change it.
  response.writeHead(result.status, (result.head ?? headOf(result)) as string[])
  response.end(result.body)
  // What a refused peer still sends is not read to its end.
  if (result.headers['connection'] === 'close') {
    response.once('finish', () => {
      request.socket.destroySoon()
    })
  }
}

export interface ListenOptions {
  readonly on: ListenOn
  /** What says where to listen. */
  readonly named: SettingName
  /** Gets the descriptor, for what Node cannot set itself; when it throws, the server is closed again. */
  readonly onListening?: ((fd: number, isIpv6: boolean) => void) | undefined
}

/** @throws {RolesAnywhereError} ERR_OUTPUT_ADDRESS_IN_USE, ERR_OUTPUT_UNWRITABLE */
export async function listen(server: Server, options: ListenOptions): Promise<AddressInfo> {
  await startListening(server, options)
  try {
    const bound = addressOf(server)
    options.onListening?.(descriptorOf(server), bound.family === 'IPv6')
    return bound
  } catch (error) {
    // A socket that will not do would keep the program alive, answering nobody.
    server.close()
    server.closeAllConnections()
    throw error
  }
}

/** `http://127.0.0.1:9911` */
export function urlOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

export async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  const impatience = setTimeout(() => {
    server.closeAllConnections()
  }, STOP_PATIENCE_MS)
  await closed
  clearTimeout(impatience)
}

async function startListening(server: Server, { on, named }: ListenOptions): Promise<void> {
  const where = 'fd' in on ? `descriptor ${on.fd}` : `${on.address} port ${on.port}`
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const isTaken = errnoOf(cause) === 'EADDRINUSE'
      reject(
        new RolesAnywhereError(
          isTaken ? 'ERR_OUTPUT_ADDRESS_IN_USE' : 'ERR_OUTPUT_UNWRITABLE',
          isTaken
            ? `another program already listens on ${where}`
            : `cannot listen on ${where}: ${reasonOf(cause)}`,
          { hint: says`choose another ${setting(named)}, or end the other program`, cause },
        ),
      )
    })
    server.once('listening', resolve)
    if ('fd' in on) server.listen({ fd: on.fd })
    else server.listen({ host: on.address, port: on.port, exclusive: true, backlog: 1024 })
  })
}

function addressOf(server: Server): AddressInfo {
  const bound = server.address()
  if (bound !== null && typeof bound !== 'string') return bound
  throw new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', 'the inherited socket is no TCP socket', {
    hint: 'use ListenStream=127.0.0.1:9911 in the socket unit',
  })
}

/** Node offers no way to an option of the IP layer, and no other way to the descriptor. */
function descriptorOf(server: Server): number {
  const { _handle: handle } = server as Server & { readonly _handle?: { readonly fd?: number } }
  return handle?.fd ?? -1
}
