/**
 * Which proxy, if any, a request goes through: the HTTPS_PROXY and NO_PROXY conventions.
 *
 * HTTP_PROXY has no part in this: it governs plain http, which here goes to loopback only, and
 * loopback is never proxied. The rules for NO_PROXY are those of Go's `net/http`, which the reference
 * helper follows: `*`, a domain with its subdomains, `.domain` or `*.domain` for the subdomains alone,
 * an IP address, a CIDR block; a port may follow. PAC files and Kerberos or NTLM are left out.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 * @module
 */

import { BlockList, isIP } from 'node:net'
import { RolesAnywhereError } from '../core/errors.ts'
import { isLoopback } from '../core/loopback.ts'
import { says, setting } from '../core/wording.ts'
import { peerOf, type Peer } from './peer.ts'

export interface ProxySettings {
  /** Proxy for https, as `http://[user:password@]host:port` or `https://…`; `host:port` means http. */
  readonly httpsProxy?: string | undefined
  /** Hosts reached without it, separated by commas or spaces. */
  readonly noProxy?: string | undefined
}

export interface Proxy {
  readonly peer: Peer
  /** Whether the connection to the proxy itself is TLS. */
  readonly secure: boolean
  /** Value of `proxy-authorization`: a secret. */
  readonly authorization: string | undefined
}

/**
 * The proxy for `url`, or `undefined` for a direct connection.
 *
 * @throws {RolesAnywhereError} ERR_NETWORK_PROXY when the setting is no usable proxy address.
 */
export function proxyFor(url: URL, settings: ProxySettings): Proxy | undefined {
  const { httpsProxy = '', noProxy = '' } = settings
  const { hostname, port } = peerOf(url, 'endpoint')
  if (url.protocol !== 'https:' || httpsProxy === '' || isLoopback(hostname)) return undefined
  return bypassesProxy(hostname, port, noProxy) ? undefined : parseProxy(httpsProxy)
}

function parseProxy(text: string): Proxy {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  // The text may hold a password, so no message repeats it.
  if (!URL.canParse(withScheme)) throw unusable('is not a proxy address')
  const url = new URL(withScheme)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw unusable(`names a proxy of kind ${url.protocol.slice(0, -1)}, which is not supported`)
  }
  return {
    peer: peerOf(url, 'proxy'),
    secure: url.protocol === 'https:',
    authorization: basicAuthorization(url),
  }
}

/** RFC 7617. */
function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  } catch {
    throw unusable('holds a user name or password with a broken % escape')
  }
}

function unusable(what: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_NETWORK_PROXY', says`${setting('proxy')} ${what}`, {
    hint: says`write it as http://host:port or https://host:port, or list the endpoint in ${setting('noProxy')}`,
  })
}

/** Whether NO_PROXY takes `hostname` and `port` out of the proxy's reach. */
export function bypassesProxy(hostname: string, port: number, noProxy: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port))
}

function matches(entry: string, host: string, port: number): boolean {
  const { name, entryPort } = splitPort(entry)
  if (entryPort !== undefined && entryPort !== port) return false
  if (name === '*') return true
  if (isIP(host) !== 0) return matchesAddress(name, host)
  const domain = name.replace(/^\*(?=\.)/, '').replace(/\.$/, '')
  if (domain === '') return false
  return domain.startsWith('.')
    ? host.endsWith(domain)
    : host === domain || host.endsWith(`.${domain}`)
}

/** `host:port`, `[v6]:port` and `[v6]` taken apart; a bare IPv6 address has colons and no port. */
function splitPort(entry: string): { name: string; entryPort: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry)
  if (match === null) return { name: entry, entryPort: undefined }
  const [, bracketed, plain, port] = match
  return {
    name: bracketed ?? plain ?? '',
    entryPort: port === undefined ? undefined : Number(port),
  }
}

/** An address or a CIDR block; IPv4-mapped IPv6 counts as the IPv4 address it stands for. */
function matchesAddress(name: string, address: string): boolean {
  const [network = '', prefix] = name.split('/')
  const family = isIP(network)
  const width = family === 6 ? 128 : 32
  const bits = prefix === undefined ? width : Number.parseInt(prefix, 10)
  if (family === 0 || !/^\d{0,3}$/.test(prefix ?? '') || !(bits <= width)) return false
  const block = new BlockList()
  block.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4')
  return block.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
