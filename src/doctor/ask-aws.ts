/**
 * One exchange with AWS, looked at from every side: CreateSession where there is an identity to ask with,
 * else a plain request that only shows the way there.
 *
 * The credentials that come of it are not kept: their lifetime is what is told.
 *
 * @module
 */

import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Identity, Send } from '../core/ports.ts'
import { createSession, type CreateSessionPorts } from '../session/create-session.ts'
import { clockOffset, ServerClock } from '../session/server-clock.ts'
import type { Phase } from '../transport/connection-failures.ts'
import { openTransport, type TransportSettings } from '../transport/open-transport.ts'
import { authorityOf } from '../transport/peer.ts'
import type { ServerFacts } from '../transport/server-facts.ts'

export interface AskingOptions {
  /** Undefined where no session can be asked for: then only the way there is looked at. */
  readonly parameters: CreateSessionParameters | undefined
  readonly endpoint: URL
  readonly identity: Identity | undefined
  readonly transport: TransportSettings
  /** For the `user-agent`. */
  readonly platform: string
}

export type AskingPorts = Omit<
  CreateSessionPorts,
  'identity' | 'send' | 'serverClock' | 'maxAttempts'
>

/** What was seen on the way, as far as it went. */
export interface Exchange {
  readonly endpoint: URL
  /** `proxy.example:3128` */
  readonly proxy: string | undefined
  /** Begun, in their order. */
  readonly phases: readonly Phase[]
  /** Undefined until the connection stands. */
  readonly server: ServerFacts | undefined
  /** HTTP status of the last answer. */
  readonly status: number | undefined
  /** Server's clock minus ours, in milliseconds; undefined without an answer that tells it. */
  readonly clockOffsetMs: number | undefined
  /** What it ended in, where that was no session. */
  readonly failure: RolesAnywhereError | undefined
  /** Whether CreateSession was asked for. */
  readonly isSession: boolean
  /** ISO 8601: the end of the session. */
  readonly expiration: string | undefined
}

export async function askAws(options: AskingOptions, ports: AskingPorts): Promise<Exchange> {
  const { parameters, endpoint, identity } = options
  const phases: Phase[] = []
  const seen: { -readonly [K in 'proxy' | 'server' | 'status' | 'clockOffsetMs']?: Exchange[K] } =
    {}
  let failure: RolesAnywhereError | undefined
  let expiration: string | undefined
  const isSession = parameters !== undefined && identity !== undefined
  try {
    await using transport = await openTransport(options.transport, options.platform, {
      onProxy: (peer) => (seen.proxy = peer && authorityOf(peer)),
      onPhase: (phase) => phases.push(phase),
      onConnected: (server) => (seen.server = server),
    })
    const send: Send = async (request, how) => {
      const sentAt = ports.monotonic()
      const response = await transport.send(request, how)
      const timed = { response, receivedAt: ports.clock(), tookMs: ports.monotonic() - sentAt }
      seen.status = response.status
      // A request that is signed again with the time of AWS tells no more of our clock.
      seen.clockOffsetMs ??= clockOffset(timed)
      return response
    }
    if (isSession) {
      const serverClock = new ServerClock(ports.clock, ports.monotonic)
      const session = { ...ports, identity, send, serverClock, maxAttempts: 1 }
      ;({ expiration } = await createSession(parameters, session))
    } else {
      await send(plainRequest(endpoint), { signal: ports.signal })
    }
  } catch (error) {
    if (!(error instanceof RolesAnywhereError) || error.code === 'ERR_CANCELLED') throw error
    failure = error
  }
  return {
    proxy: seen.proxy,
    server: seen.server,
    status: seen.status,
    clockOffsetMs: seen.clockOffsetMs,
    ...{ endpoint, phases, failure, isSession, expiration },
  }
}

/** Any answer will do. */
function plainRequest(url: URL): Parameters<Send>[0] {
  return { method: 'GET', url, headers: { host: url.host }, body: new Uint8Array() }
}
