/**
 * Who may ask at all: the checks that every route shares, in order, before the path is looked at.
 *
 * Each is made from a fact that the attacker in question cannot change: the peer's address and user
 * from the kernel, the Host a browser insists on, the headers that proxies and browsers add.
 *
 * @see reliability.md T1 to T5, T10; EC2 User Guide, "How Instance Metadata Service Version 2 works"
 * @module
 */

import { textResponse, type EndpointRequest, type EndpointResponse } from './exchange.ts'

export interface AccessRules {
  /** From `hostTable`, in lower case. */
  readonly hosts: ReadonlySet<string>
  /** Peers on other machines are let in; only ever with container tokens, and without IMDS. */
  readonly allowRemote: boolean
  /** Users that may connect; undefined means everybody who gets this far. */
  readonly allowedUids?: ReadonlySet<number> | undefined
}

/** What a proxy adds to a request that it forwards: `X-Forwarded-` with whatever ending, and others. */
const FORWARDED = /^(?:x-forwarded(?:-.*)?|x-real-ip|forwarded|via)$/

/** The refusal, or undefined for a request that may go on to its route. */
export function refusalFor(
  request: EndpointRequest,
  rules: AccessRules,
): EndpointResponse | undefined {
  const { peer, headers, hosts } = request
  if (!peer.isLocal && !rules.allowRemote) return refuse(403, 'only for this machine')
  if (rules.allowedUids !== undefined && !rules.allowedUids.has(peer.uid ?? -1)) {
    return refuse(403, 'not for this user')
  }
  // An absolute target would name a host of its own.
  if (!request.target.startsWith('/')) return refuse(403, 'bad request target')
  const [host] = hosts
  if (host === undefined || hosts.length > 1 || !rules.hosts.has(host.toLowerCase())) {
    return refuse(403, 'unknown host')
  }
  for (const name of Object.keys(headers)) {
    if (FORWARDED.test(name)) return refuse(403, 'forwarded requests are not answered')
  }
  if (isFromBrowser(headers)) return refuse(403, 'not for browsers')
  if (request.hasBody) return refuse(400, 'no request here has a body')
  if (request.method === 'OPTIONS') return refuse(405, 'method not allowed')
  return undefined
}

function isFromBrowser(headers: EndpointRequest['headers']): boolean {
  return (
    headers['origin'] !== undefined ||
    headers['referer'] !== undefined ||
    headers['access-control-request-method'] !== undefined ||
    (headers['sec-fetch-site'] ?? 'none') !== 'none'
  )
}

function refuse(status: number, why: string): EndpointResponse {
  return textResponse('refused', status, why, { connection: 'close' })
}
