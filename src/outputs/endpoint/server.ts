/**
 * The local endpoint on its socket: a request becomes plain facts, and who may not ask is cut off.
 *
 * What is answered is decided in router.ts, and limits are the business of listener.ts.
 *
 * @see reliability.md T1, T11
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { RolesAnywhereError } from '../../core/errors.ts'
import { isLoopback } from '../../core/loopback.ts'
import type { Clock, Reporter } from '../../core/ports.ts'
import { PeerUsers } from '../../machine/peer-uid.ts'
import { CredentialsBodies, failureAnswer } from './credentials-answer.ts'
import type { EndpointPeer, EndpointRequest, EndpointResponse } from './exchange.ts'
import { hostTable } from './host-table.ts'
import { createHttpServer, listen, stop, urlOf, type ListenOn } from './listener.ts'
import { route, type EndpointState } from './router.ts'

export type { ListenOn }

export interface EndpointOptions extends Omit<EndpointState, 'rules' | 'requests'> {
  readonly listen: ListenOn
  /** Further names in the Host table. */
  readonly hostNames: readonly string[]
  readonly allowRemote: boolean
  readonly allowedUids?: ReadonlySet<number> | undefined
  readonly clock: Clock
  readonly reporter: Reporter
  /** Responses by route and status, counted here; default: a map of its own. */
  readonly requests?: Map<string, number>
  /** Called with the listening socket's descriptor, for what Node cannot set itself. */
  readonly onListening?: ((fd: number, isIpv6: boolean) => void) | undefined
}

export interface Endpoint extends AsyncDisposable {
  /** Base URL, without a slash at its end. */
  readonly url: string
  readonly address: string
  readonly port: number
}

/** @throws {RolesAnywhereError} ERR_OUTPUT_ADDRESS_IN_USE, ERR_OUTPUT_UNWRITABLE */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { clock, reporter, allowedUids, requests = new Map<string, number>() } = options
  const bodies = new CredentialsBodies()
  const users = new PeerUsers()
  // A socket that systemd opened may bring requests before there is an answer to them.
  const ready = Promise.withResolvers<EndpointState>()

  const isStranger = ({ uid }: EndpointPeer): boolean =>
    allowedUids !== undefined && !allowedUids.has(uid ?? -1)
  const peerOf = async (socket: Socket): Promise<EndpointPeer> => ({
    isLocal: isLocal(socket),
    uid: allowedUids === undefined ? undefined : await users.uidOf(socket),
  })

  const { server, connections } = createHttpServer(async (request, expectsContinue) => {
    const startedAt = clock()
    let result: EndpointResponse
    try {
      const peer = await peerOf(request.socket)
      // What a stranger may still send is not waited for.
      const hasBody = isStranger(peer) || (await bodyFollows(request, expectsContinue))
      result = await respond(factsOf(request, peer, hasBody), await ready.promise, {
        clock,
        bodies,
      })
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
    return result
  }, users)

  if (allowedUids !== undefined) {
    server.on('connection', (socket: Socket) => {
      void peerOf(socket).then((peer) => {
        // Who has asked already gets his answer; who only sits there gets the same one at once.
        if (!isStranger(peer) || !connections.isIdle(socket)) return
        socket.write(NOT_FOR_YOU)
        socket.destroySoon()
      })
    })
  }

  const { listen: on, onListening } = options
  const bound = await listen(server, { on, named: 'port', onListening })
  ready.resolve({
    ...options,
    requests,
    rules: {
      hosts: hostTable(bound, options.hostNames),
      allowRemote: options.allowRemote,
      allowedUids,
    },
  })
  return {
    url: urlOf(bound),
    address: bound.address,
    port: bound.port,
    [Symbol.asyncDispose]: () => stop(server),
  }
}

const NOT_FOR_YOU = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

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

function factsOf(request: IncomingMessage, peer: EndpointPeer, hasBody: boolean): EndpointRequest {
  const { method = '', url: target = '', headers } = request
  return { method, target, hosts: hostsOf(request), headers, hasBody, peer }
}

/** A chunked body without a byte in it is none: s3fs sends its requests so. */
async function bodyFollows(request: IncomingMessage, expectsContinue: boolean): Promise<boolean> {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers
  if (length !== '0' || expectsContinue) return true
  if (coding === undefined) return false
  if (coding !== 'chunked') return true
  return await new Promise((resolve) => {
    request.once('data', () => {
      resolve(true)
    })
    request.once('end', () => {
      resolve(false)
    })
    request.once('close', () => {
      resolve(true)
    })
  })
}

/** `headers` keeps only the first of several Host headers. */
function hostsOf({ rawHeaders }: IncomingMessage): readonly string[] {
  const hosts: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] ?? '')
  }
  return hosts
}

function isLocal({ remoteAddress, localAddress }: Socket): boolean {
  const isSelf = remoteAddress !== undefined && remoteAddress === localAddress
  return isSelf || isLoopback(remoteAddress ?? '')
}

function count(requests: Map<string, number>, { route: name, status }: EndpointResponse): void {
  const labels = `route="${name}",status="${status}"`
  requests.set(labels, (requests.get(labels) ?? 0) + 1)
}
