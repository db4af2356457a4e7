/**
 * The exact set of Host header values that the endpoint answers to.
 *
 * A web page whose name was made to resolve to 127.0.0.1 can send any request a local program can,
 * except with another Host. So the header must equal one of these, whole: no prefix, no suffix, no
 * parsing of what others wrote.
 *
 * @see reliability.md T2 and 6h
 * @module
 */

import { isIP } from 'node:net'
import { isLoopback } from '../../core/loopback.ts'

export interface BoundAddress {
  /** As the socket reports it: no brackets, no zone. */
  readonly address: string
  readonly port: number
}

/**
 * @param names - further host names, for clients that reach the endpoint by a name of its own
 */
export function hostTable(bound: BoundAddress, names: readonly string[] = []): ReadonlySet<string> {
  const isAny = bound.address === '0.0.0.0' || bound.address === '::'
  const own = isAny ? [] : [bound.address.includes(':') ? `[${bound.address}]` : bound.address]
  const loopback = isLoopback(bound.address) || isAny ? ['localhost'] : []
  const hosts = [...own, ...loopback, ...(isAny ? ['127.0.0.1', '[::1]'] : []), ...names]
  return new Set(
    hosts.flatMap((host) => {
      const name = host.toLowerCase()
      // Clients leave the port out when it is the default of http, and only then.
      return bound.port === 80 ? [name, `${name}:80`] : [`${name}:${bound.port}`]
    }),
  )
}

export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0
}

/** Link-local addresses that SDKs take for the metadata services: never routed off the machine. */
export const METADATA_ADDRESSES: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
]
