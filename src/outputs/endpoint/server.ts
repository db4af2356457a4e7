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
import type { Clock, Reporter } from '../../core/ports.ts'
import { PeerUsers } from '../../machine/peer-uid.ts'
import { CredentialsBodies } from './credentials-answer.ts'
import type { EndpointPeer, EndpointRequest, EndpointResponse } from './exchange.ts'
import { hostTable } from './host-table.ts'
import { createHttpServer, listen, stop, urlOf, type ListenOn } from './listener.ts'
import { Peers } from './peers.ts'
import { plainAnswer } from './plain-answer.ts'
import { ReadyAnswers } from './ready-answers.ts'
import type { EndpointState } from './router.ts'

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

  let readyAnswers: ReadyAnswers | undefined = undefined
  const peers = new Peers(users, allowedUids !== undefined)

  const isStranger = ({ uid }: EndpointPeer): boolean =>
    allowedUids !== undefined && !allowedUids.has(uid ?? -1)
  const sent = (result: EndpointResponse, startedAt: number): EndpointResponse => {
    const { route: name, status } = result
    count(requests, result)
    if (reporter.isDebug !== false) {
      reporter.debug('endpoint', { route: name, status, durationMs: clock() - startedAt })
    }
    return result
  }
  /** Undefined for whatever has to be waited for, or thought about. */
  const atOnce = (request: IncomingMessage, now: number): EndpointResponse | undefined => {
    const peer = peers.known(request.socket)
    if (peer === undefined) return undefined
    return readyAnswers?.find(factsOf(request, peer, false), now)
  }
  const later = async (
    request: IncomingMessage,
    expectsContinue: boolean,
    startedAt: number,
  ): Promise<EndpointResponse> => {
    try {
      const peer = await peers.of(request.socket)
      // What a stranger may still send is not waited for.
      const hasBody = isStranger(peer) || (await bodyFollows(request, expectsContinue))
      const facts = factsOf(request, peer, hasBody)
      return sent(await plainAnswer(facts, await ready.promise, { clock, bodies }), startedAt)
    } catch (cause) {
      // An invariant broke; the cause could hold anything, so it goes nowhere.
      const name = cause instanceof Error ? cause.name : typeof cause
      reporter.warn(`the endpoint failed to answer: ${name}`)
      return sent({ route: 'failed', status: 500, headers: {}, body: '' }, startedAt)
    }
  }

  const { server, connections } = createHttpServer((request, expectsContinue) => {
    const now = clock()
    const isBare = !expectsContinue && saysNoBody(request)
    const result = isBare ? atOnce(request, now) : undefined
    return result === undefined ? later(request, expectsContinue, now) : sent(result, now)
  }, users)

  if (allowedUids !== undefined) {
    server.on('connection', (socket: Socket) => {
      void peers.of(socket).then((peer) => {
        // Who has asked already gets his answer; who only sits there gets the same one at once.
        if (!isStranger(peer) || !connections.isIdle(socket)) return
        socket.write(NOT_FOR_YOU)
        socket.destroySoon()
      })
    })
  }

  const { listen: on, onListening } = options
  const bound = await listen(server, { on, named: 'port', onListening })
  const state = {
    ...options,
    requests,
    rules: {
      hosts: hostTable(bound, options.hostNames),
      allowRemote: options.allowRemote,
      allowedUids,
    },
  }
  readyAnswers = new ReadyAnswers(state, bodies)
  ready.resolve(state)
  return {
    url: urlOf(bound),
    address: bound.address,
    port: bound.port,
    [Symbol.asyncDispose]: () => stop(server),
  }
}

const NOT_FOR_YOU = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

function factsOf(request: IncomingMessage, peer: EndpointPeer, hasBody: boolean): EndpointRequest {
  const { method = '', url: target = '', headers } = request
  return { method, target, hosts: hostsOf(request), headers, hasBody, peer }
}

function saysNoBody({ headers }: IncomingMessage): boolean {
  return (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined
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
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] ?? '')
  }
  return hosts
}

function count(requests: Map<string, number>, { route: name, status }: EndpointResponse): void {
  const labels = `route="${name}",status="${status}"`
  requests.set(labels, (requests.get(labels) ?? 0) + 1)
}
