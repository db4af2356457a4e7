/**
 * Opens one connection to an endpoint: TCP, a CONNECT tunnel where a proxy applies, then TLS. What the
 * later steps need is loaded while the earlier ones are under way.
 *
 * @see RFC 9110 section 9.3.6 for CONNECT
 * @module
 */

import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { isLoopback } from '../core/loopback.ts'
import { connectionFailure, plainHttpFailure, type Phase } from './connection-failures.ts'
import { opened } from './opened.ts'
import { peerOf, type Peer } from './peer.ts'
import type { Proxy } from './proxy.ts'
import type { Trust } from './trust.ts'

export interface ConnectOptions {
  readonly proxy: Proxy | undefined
  /** Made once it is needed. */
  readonly trust: () => Promise<Trust>
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
 *   ERR_NETWORK_TLS, ERR_NETWORK_PROXY, ERR_CONFIG_CA_BUNDLE_INVALID; the reason of `signal` when it is aborted.
 */
export async function connect(url: URL, options: ConnectOptions): Promise<Socket> {
  const peer = peerOf(url, 'endpoint')
  if (url.protocol === 'http:') return await connectPlainly(peer, options)
  const { proxy } = options
  return await openSecurely(
    peer,
    options,
    proxy === undefined
      ? async () => openTcp(peer, options)
      : async () => openThroughProxy(peer, proxy, options),
  )
}

/** TLS over what `open` opens; once more with the system's roots when nobody known vouches for the server. */
async function openSecurely(
  peer: Peer,
  options: ConnectOptions,
  open: () => Promise<Socket>,
): Promise<Socket> {
  const opening = open()
  // It may fail before anybody waits for it.
  opening.catch(() => undefined)
  try {
    // Loaded while the connection is being made.
    const [{ secure, isUnknownIssuer }, trust] = await Promise.all([
      import('./secure.ts'),
      options.trust(),
    ])
    try {
      return await secure(await opening, peer, { ...options, trust })
    } catch (error) {
      if (!isUnknownIssuer(error) || !trust.widen()) throw error
      return await secure(await open(), peer, { ...options, trust })
    }
  } catch (error) {
    opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    )
    throw error
  }
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
  const socket = proxy.secure ? await secureProxy(tcp, proxy, options) : tcp
  options.onPhase('proxy tunnel', proxy.peer)
  const { openTunnel } = await import('./tunnel.ts')
  return await openTunnel(socket, peer, proxy, options.signal)
}

async function secureProxy(tcp: Socket, proxy: Proxy, options: ConnectOptions): Promise<Socket> {
  const { secure } = await import('./secure.ts')
  return await secure(tcp, proxy.peer, { ...options, trust: await options.trust() })
}

function openTcp(peer: Peer, { signal, onPhase }: ConnectOptions): Promise<Socket> {
  onPhase(isIP(peer.hostname) === 0 ? 'name look-up' : 'connection', peer)
  const socket = connectTcp({ host: peer.hostname, port: peer.port, noDelay: true })
  socket.once('lookup', () => {
    onPhase('connection', peer)
  })
  return opened(socket, 'connect', signal, (error) => connectionFailure(error, peer))
}
