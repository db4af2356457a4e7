/**
 * Whom a connection leads to, in the words that messages use.
 *
 * @module
 */

import { isIP } from 'node:net'

/** The other end of a connection: the endpoint, or the proxy on the way to it. */
export interface Peer {
  readonly role: 'endpoint' | 'proxy'
  /** Host name or IP address, without the brackets that a URL puts around IPv6. */
  readonly hostname: string
  readonly port: number
}

export function peerOf(url: URL, role: Peer['role']): Peer {
  const defaultPort = url.protocol === 'https:' ? 443 : 80
  return {
    role,
    hostname: url.hostname.replace(/^\[(.+)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function authorityOf(peer: Peer): string {
  return isIP(peer.hostname) === 6
    ? `[${peer.hostname}]:${peer.port}`
    : `${peer.hostname}:${peer.port}`
}

/** The peer in a sentence: `rolesanywhere.eu-west-1.amazonaws.com:443`, or `the proxy cache:3128`. */
export function nameOf(peer: Peer): string {
  return peer.role === 'proxy' ? `the proxy ${authorityOf(peer)}` : authorityOf(peer)
}
