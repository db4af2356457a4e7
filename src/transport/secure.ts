/**
 * TLS over a socket that is open.
 *
 * TLS 1.2 is the floor, and verification is asked for on every connection by name, so that nothing in
 * the environment (`NODE_TLS_REJECT_UNAUTHORIZED`) can take it away.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Phase } from './connection-failures.ts'
import { opened } from './opened.ts'
import type { Peer } from './peer.ts'
import { tlsFailure } from './tls-failures.ts'
import type { Trust } from './trust.ts'

export { isUnknownIssuer } from './tls-failures.ts'

export interface SecureOptions {
  readonly trust: Trust
  /** False only by the user's explicit wish. */
  readonly verifyTls: boolean
  readonly signal: AbortSignal
  readonly onPhase: (phase: Phase, peer: Peer) => void
}

/** @throws {RolesAnywhereError} ERR_NETWORK_*; the reason of `signal` when it is aborted. */
export async function secure(
  socket: Socket,
  peer: Peer,
  { trust, verifyTls, signal, onPhase }: SecureOptions,
): Promise<TLSSocket> {
  onPhase('TLS handshake', peer)
  const tls = connect({
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
  return await opened(tls, 'secureConnect', signal, (error) =>
    tlsFailure(error, peer, { seen, bundleSource: trust.bundleSource }),
  )
}
