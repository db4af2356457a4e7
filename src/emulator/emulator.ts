/**
 * A local Roles Anywhere: an endpoint that answers CreateSession only when everything about the
 * request is right.
 *
 * It listens on loopback and nowhere else, hands out credentials that are worth nothing, and can be
 * told to misbehave. It shares no signing code with core/, so it can judge what core/ signs.
 *
 * @module
 */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'
import type { Clock } from '../core/ports.ts'
import { serveConnection } from './connection.ts'
import type { AssumedSession } from './create-session.ts'
import { createFaultPlan, type Fault } from './faults.ts'
import type { Leniency } from './pkix/rules.ts'
import { createTrustAnchor } from './pkix/trust-anchor.ts'
import type { RawRequest } from './raw-request.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Resources } from './resources.ts'
import { createRespond } from './respond.ts'
import { createAuthority } from './throwaway-pki.ts'

export interface ServerCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

export interface EmulatorOptions {
  /** PEM: the CA, root or intermediate, or two of them. */
  readonly trustAnchors: string
  /** PEM or DER, signed by the trust anchor; up to two. */
  readonly revocationLists?: string | Uint8Array | undefined
  /** Rules of path validation that are switched off; default none. */
  readonly lenient?: Leniency | undefined
  /** What exists and is enabled; default everything. */
  readonly resources?: Resources | undefined
  /** The server's clock, before any fault. */
  readonly clock: Clock
  /** The profile's acceptRoleSessionName; default false, as in the service. */
  readonly acceptRoleSessionName?: boolean | undefined
  /** Seconds, the profile's setting; default 3600. */
  readonly profileDuration?: number | undefined
  /** Seconds, the role's MaxSessionDuration; default 3600. */
  readonly maxSessionDuration?: number | undefined
  /** `true` makes a throwaway CA and a certificate for localhost, 127.0.0.1 and ::1. */
  readonly tls?: boolean | ServerCertificate | undefined
  /** `127.0.0.1` (default) or `::1`. */
  readonly host?: string | undefined
  /** Default 0: any free one. */
  readonly port?: number | undefined
  /** Only this region is served; any region when absent. */
  readonly region?: string | undefined
  readonly faults?: readonly Fault[] | undefined
  /** Told of every request after it was judged, before its answer leaves. */
  readonly onRequest?: ((facts: RequestFacts, request: RawRequest | undefined) => void) | undefined
  /** Told of every session with its secrets, for whoever plays the services that take them. */
  readonly onSession?: ((session: AssumedSession) => void) | undefined
}

export interface Emulator extends AsyncDisposable {
  /** Such as `https://127.0.0.1:8443`. */
  readonly url: string
  readonly port: number
  /** The CA to trust for TLS; undefined without TLS or with a certificate that was given. */
  readonly caPem: string | undefined
  /** The latest 1000 requests, oldest first. */
  readonly requests: readonly RequestFacts[]
  /** All requests so far. */
  readonly requestCount: number
  /** Stops listening and ends every connection at once. */
  close(): Promise<void>
}

const MAX_KEPT_REQUESTS = 1000

/**
 * Starts an emulator.
 *
 * @example
 * const root = await createAuthority()
 * await using emulator = await startEmulator({ trustAnchors: root.certificatePem, clock: Date.now })
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID, ERR_CONFIG_CERTIFICATE_MISSING,
 *   ERR_USAGE_INVALID_VALUE, ERR_OUTPUT_ADDRESS_IN_USE, ERR_OUTPUT_UNWRITABLE
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const host = options.host ?? '127.0.0.1'
  checkLoopback(host)
  const requests: RequestFacts[] = []
  let requestCount = 0
  const respond = createRespond({
    anchor: await createTrustAnchor(options.trustAnchors, options),
    resources: options.resources ?? {},
    limits: {
      acceptRoleSessionName: options.acceptRoleSessionName ?? false,
      profileDuration: options.profileDuration ?? 3600,
      maxSessionDuration: options.maxSessionDuration ?? 3600,
    },
    region: options.region,
    clock: options.clock,
    faults: createFaultPlan(options.faults ?? []),
    onSession: (session) => options.onSession?.(session),
    onRequest(facts, request) {
      requestCount += 1
      requests.push(facts)
      if (requests.length > MAX_KEPT_REQUESTS) requests.shift()
      options.onRequest?.(facts, request)
    },
  })
  const { certificate, caPem } = await serverCertificate(options.tls ?? false)
  const sockets = new Set<Socket>()
  const secureContext = certificate === undefined ? undefined : createTlsContext(certificate)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void serveConnection(socket, secureContext, respond)
  })
  const port = await listen(server, host, options.port ?? 0)
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) =>
      server.close(() => {
        resolve()
      }),
    )
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    caPem,
    requests,
    get requestCount() {
      return requestCount
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function checkLoopback(host: string): void {
  if (host === '127.0.0.1' || host === '::1') return
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    `the emulator listens on loopback only, and not on "${host}"`,
    { hint: 'use 127.0.0.1 or ::1' },
  )
}

async function serverCertificate(
  tls: boolean | ServerCertificate,
): Promise<{ certificate?: ServerCertificate; caPem: string | undefined }> {
  if (tls === false) return { caPem: undefined }
  if (tls !== true) return { certificate: tls, caPem: undefined }
  const authority = await createAuthority({ subject: 'CN=Emulator TLS CA' })
  const certificate = await authority.issue({
    subject: 'CN=localhost',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
  })
  return { certificate, caPem: authority.certificatePem }
}

function createTlsContext({ certificatePem, privateKeyPem }: ServerCertificate): SecureContext {
  return createSecureContext({ cert: certificatePem, key: privateKeyPem, minVersion: 'TLSv1.2' })
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === 'EADDRINUSE'
      reject(
        new RolesAnywhereError(
          inUse ? 'ERR_OUTPUT_ADDRESS_IN_USE' : 'ERR_OUTPUT_UNWRITABLE',
          inUse ? `port ${port} on ${host} is taken` : `cannot listen on port ${port} of ${host}`,
          { hint: says`use ${setting('port', '0')} for any free port`, cause },
        ),
      )
    })
    server.listen({ host, port }, resolve)
  })
  return (server.address() as AddressInfo).port
}
