/**
 * The socket side of the local endpoint: limits, the peer's facts, and writing the answer.
 *
 * What is answered is decided in router.ts. Here a request becomes plain facts, slow and greedy peers
 * are cut off, and a graceful stop lets answers under way end.
 *
 * @see reliability.md T5, T6, T9, T11
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { RolesAnywhereError } from '../../core/errors.ts'
import { isLoopback } from '../../core/loopback.ts'
import { says, setting } from '../../core/wording.ts'
import type { Clock, Reporter } from '../../core/ports.ts'
import { CredentialsBodies, failureAnswer } from './credentials-answer.ts'
import type { EndpointPeer, EndpointRequest, EndpointResponse } from './exchange.ts'
import { hostTable } from './host-table.ts'
import { errnoOf, reasonOf } from '../../machine/errno.ts'
import { peerUid } from '../../machine/peer-uid.ts'
import { route, type EndpointState } from './router.ts'

/** Where to listen: an address, or a socket that systemd has opened. */
export type ListenOn = { readonly address: string; readonly port: number } | { readonly fd: number }

export interface EndpointOptions extends Omit<EndpointState, 'rules' | 'requests'> {
  readonly listen: ListenOn
  /** Further names in the Host table. */
  readonly hostNames: readonly string[]
  readonly allowRemote: boolean
  readonly allowedUids?: ReadonlySet<number> | undefined
  readonly clock: Clock
  readonly reporter: Reporter
  /** Called with the listening socket's descriptor, for what Node cannot set itself. */
  readonly onListening?: ((fd: number, isIpv6: boolean) => void) | undefined
}

export interface Endpoint extends AsyncDisposable {
  /** Base URL, without a slash at its end. */
  readonly url: string
  readonly address: string
  readonly port: number
}

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // Node looks at the timeouts only this often; its default of 30 s makes them all mean 30 s.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const
const MAX_CONNECTIONS = 1_024
const MAX_REQUESTS_PER_SOCKET = 1_000
/** A peer between which and us nothing moves for this long is gone; longer than one CreateSession. */
const SOCKET_IDLE_MS = 30_000
const STOP_PATIENCE_MS = 3_000

/** @throws {RolesAnywhereError} ERR_OUTPUT_ADDRESS_IN_USE, ERR_OUTPUT_UNWRITABLE */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { clock, reporter } = options
  const requests = new Map<string, number>()
  const bodies = new CredentialsBodies()
  const uids = new WeakMap<Socket, Promise<number | undefined>>()
  // A socket that systemd opened may bring requests before there is an answer to them.
  const ready = Promise.withResolvers<EndpointState>()

  const server = createServer(LIMITS, (request, response) => {
    void answer(request, response)
  })
  // "Expect: 100-continue" announces a body: it is refused like one, and never asked for.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET
  server.timeout = SOCKET_IDLE_MS
  server.on('timeout', (socket: Socket) => {
    socket.destroy()
  })
  server.on('connection', (socket: Socket) => {
    if (options.allowedUids !== undefined) uids.set(socket, peerUid(socket))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = clock()
    let result: EndpointResponse
    try {
      const peer = { ...peerOf(request.socket), uid: await uids.get(request.socket) }
      result = await respond(factsOf(request, peer), await ready.promise, { clock, bodies })
    } catch (cause) {
      // An invariant broke; the cause could hold anything, so it goes nowhere.
      const name = cause instanceof Error ? cause.name : typeof cause
      reporter.warn(`the endpoint failed to answer: ${name}`)
      result = { route: 'failed', status: 500, headers: {}, body: '' }
    }
    count(requests, result)
    reporter.debug('endpoint', {
      route: result.route,
      status: result.status,
      durationMs: clock() - startedAt,
    })
    send(request, response, result)
  }

  await listen(server, options)
  const bound = settle(server, options)
  ready.resolve({
    ...options,
    requests,
    rules: {
      hosts: hostTable(bound, options.hostNames),
      allowRemote: options.allowRemote,
      allowedUids: options.allowedUids,
    },
  })
  const host = bound.address.includes(':') ? `[${bound.address}]` : bound.address
  return {
    url: `http://${host}:${bound.port}`,
    address: bound.address,
    port: bound.port,
    [Symbol.asyncDispose]: () => stop(server),
  }
}

async function respond(
  request: EndpointRequest,
  state: EndpointState,
  { clock, bodies }: { readonly clock: Clock; readonly bodies: CredentialsBodies },
): Promise<EndpointResponse> {
  for (const token of state.containerTokens.values()) {
    const look = token.refresh(clock())
    if (look !== undefined) await look
  }
  const routed = route(request, state, clock())
  if ('status' in routed) return routed
  try {
    const credentials = await routed.role.credentials()
    return bodies.answer(routed, credentials, routed.role.status().lastSuccessAt ?? clock())
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    return failureAnswer(routed, error, clock())
  }
}

function factsOf(request: IncomingMessage, peer: EndpointPeer): EndpointRequest {
  const { headers } = request
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    hosts: hostsOf(request),
    headers,
    hasBody: (headers['content-length'] ?? '0') !== '0' || 'transfer-encoding' in headers,
    peer,
  }
}

/** `headers` keeps only the first of several Host headers. */
function hostsOf({ rawHeaders }: IncomingMessage): readonly string[] {
  const hosts: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] ?? '')
  }
  return hosts
}

function peerOf({ remoteAddress, localAddress }: Socket): EndpointPeer {
  const isSelf = remoteAddress !== undefined && remoteAddress === localAddress
  return { isLocal: isSelf || isLoopback(remoteAddress ?? '') }
}

function send(request: IncomingMessage, response: ServerResponse, result: EndpointResponse): void {
  response.writeHead(result.status, {
    ...result.headers,
    'content-length': Buffer.byteLength(result.body),
  })
  response.end(result.body)
  // What a refused peer still sends is not read to its end.
  if (result.headers['connection'] === 'close') {
    response.once('finish', () => {
      request.socket.destroySoon()
    })
  }
}

function count(requests: Map<string, number>, { route: name, status }: EndpointResponse): void {
  const labels = `route="${name}",status="${status}"`
  requests.set(labels, (requests.get(labels) ?? 0) + 1)
}

async function listen(server: Server, { listen: on }: EndpointOptions): Promise<void> {
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
          { hint: says`choose another ${setting('port')}, or end the other program`, cause },
        ),
      )
    })
    server.once('listening', resolve)
    if ('fd' in on) server.listen({ fd: on.fd })
    else server.listen({ host: on.address, port: on.port, exclusive: true, backlog: 1024 })
  })
}

/** A socket that will not do is closed again: it would keep the program alive, answering nobody. */
function settle(server: Server, { onListening }: EndpointOptions): AddressInfo {
  try {
    const bound = addressOf(server)
    onListening?.(descriptorOf(server), bound.family === 'IPv6')
    return bound
  } catch (error) {
    server.close()
    server.closeAllConnections()
    throw error
  }
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

async function stop(server: Server): Promise<void> {
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
