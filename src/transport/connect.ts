/**
 * Opens one connection to an endpoint: TCP, a CONNECT tunnel where a proxy applies, then TLS.
 *
 * TLS 1.2 is the floor, and verification is asked for on every connection by name, so that nothing in
 * the environment (`NODE_TLS_REJECT_UNAUTHORIZED`) can take it away.
 *
 * @see RFC 9110 section 9.3.6 for CONNECT
 * @module
 */

import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { isLoopback } from '../core/loopback.ts'
import { connectionFailure, plainHttpFailure, type Phase } from './connection-failures.ts'
import { peerOf, type Peer } from './peer.ts'
import type { Proxy } from './proxy.ts'
import { isUnknownIssuer, tlsFailure } from './tls-failures.ts'
import type { Trust } from './trust.ts'
import { openTunnel } from './tunnel.ts'

export interface ConnectOptions {
  readonly proxy: Proxy | undefined
  readonly trust: Trust
  /** False only by the user's explicit wish. */
  readonly verifyTls: boolean
  readonly signal: AbortSignal
  /** Told of each phase as it begins, and of the peer it concerns. */
  readonly onPhase: (phase: Phase, peer: Peer) => void
}

/**
 * A socket over which HTTP can be spoken to the host of `url`.
 *
 * @throws {RolesAnywhereError} ERR_NETWORK_DNS, ERR_NETWORK_CONNECT, ERR_NETWORK_TIMEOUT (by the system),
 *   ERR_NETWORK_TLS, ERR_NETWORK_PROXY; the reason of `signal` when it is aborted.
 */
export async function connect(url: URL, options: ConnectOptions): Promise<Socket> {
  const peer = peerOf(url, 'endpoint')
  if (url.protocol === 'http:') return await connectPlainly(peer, options)
  const { proxy } = options
  const open =
    proxy === undefined
      ? () => openTcp(peer, options)
      : () => openThroughProxy(peer, proxy, options)
  return await withWiderTrust(options.trust, async () => secure(await open(), peer, options))
}

/** Plain http is for this machine only; a name has to prove it by where it led. */
async function connectPlainly(peer: Peer, options: ConnectOptions): Promise<Socket> {
  if (!isLoopback(peer.hostname)) throw plainHttpFailure(peer)
  const socket = await openTcp(peer, options)
  if (isLoopback(socket.remoteAddress ?? '')) return socket
  socket.destroy()
  throw plainHttpFailure(peer)
}

async function openThroughProxy(
  peer: Peer,
  proxy: Proxy,
  options: ConnectOptions,
): Promise<Socket> {
  const tcp = await openTcp(proxy.peer, options)
  const socket = proxy.secure ? await secure(tcp, proxy.peer, options) : tcp
  options.onPhase('proxy tunnel', proxy.peer)
  return await openTunnel(socket, peer, proxy, options.signal)
}

/** Once more with the system's roots when nobody known vouches for the server. */
async function withWiderTrust(trust: Trust, open: () => Promise<Socket>): Promise<Socket> {
  try {
    return await open()
  } catch (error) {
    if (!isUnknownIssuer(error) || !trust.widen()) throw error
    return await open()
  }
}

function openTcp(peer: Peer, { signal, onPhase }: ConnectOptions): Promise<Socket> {
  onPhase(isIP(peer.hostname) === 0 ? 'name look-up' : 'connection', peer)
  const socket = connectTcp({ host: peer.hostname, port: peer.port, noDelay: true })
  socket.once('lookup', () => {
    onPhase('connection', peer)
  })
  return opened(socket, 'connect', signal, (error) => connectionFailure(error, peer))
}

function secure(socket: Socket, peer: Peer, options: ConnectOptions): Promise<TLSSocket> {
  const { trust, verifyTls, signal, onPhase } = options
  onPhase('TLS handshake', peer)
  const tls = connectTls({
    socket,
    host: peer.hostname,
    servername: isIP(peer.hostname) === 0 ? peer.hostname : '',
    secureContext: trust.secureContext(),
    rejectUnauthorized: verifyTls,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  })
  let seen: X509Certificate | undefined
  // Node closes the connection before it reports that a certificate is not trusted, and the certificate
  // is gone then. `secure` comes just before; should a later Node not emit it, the name is missing.
  tls.prependOnceListener('secure', () => {
    // Not getPeerX509Certificate: on Node 24 it takes away what the name check right after this reads.
    const { raw } = tls.getPeerCertificate() as Partial<PeerCertificate>
    if (raw !== undefined) seen = new X509Certificate(raw)
  })
  return opened(tls, 'secureConnect', signal, (error) =>
    tlsFailure(error, peer, { seen, bundleSource: trust.bundleSource }),
  )
}

/** The socket once `event` says it is ready; on failure or abort it is destroyed. */
function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  explain: (error: Error) => Error,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.destroy()
      reject(signal.reason as Error)
    }
    // Kept for good: a socket between two owners must not bring the process down.
    socket.on('error', (error) => {
      signal.removeEventListener('abort', onAbort)
      reject(explain(error))
    })
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
