/**
 * Who answered at the other end of a connection.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { TLSSocket, type PeerCertificate } from 'node:tls'
import { printable } from '../core/printable.ts'

export interface ServerFacts {
  /** `TLSv1.3`; undefined for plain http on this machine. */
  readonly tlsVersion: string | undefined
  /** `CN=…, O=…` of the CA that issued the server's certificate: a stranger's text, made printable. */
  readonly issuer: string | undefined
}

export function serverFacts(socket: Socket): ServerFacts {
  if (!(socket instanceof TLSSocket)) return { tlsVersion: undefined, issuer: undefined }
  const { issuer } = socket.getPeerCertificate() as Partial<PeerCertificate>
  const parts = Object.entries(issuer ?? {}).map(([name, value]) => `${name}=${String(value)}`)
  return {
    tlsVersion: socket.getProtocol() ?? undefined,
    issuer: parts.length === 0 ? undefined : printable(parts.join(', '), 200),
  }
}
