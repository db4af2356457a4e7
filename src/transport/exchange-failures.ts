/**
 * Why an open connection brought no usable answer: from the endpoint, or from a proxy asked for a tunnel.
 *
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { says, setting, type Wording } from '../core/wording.ts'
import { connectionFailure } from './connection-failures.ts'
import { networkError, systemCodeOf } from './failure.ts'
import { authorityOf, nameOf, peerOf, type Peer } from './peer.ts'

const INSPECTED = 'a proxy or an inspecting device on the way may have answered instead of AWS'
const NOT_ENCRYPTED = says`does it speak https? then write https:// instead of http:// in ${setting('endpoint')}`

/** For an error of undici, or of the socket under it. */
export function exchangeFailure(error: Error, url: URL, hasAnswered: boolean): RolesAnywhereError {
  const peer = peerOf(url, 'endpoint')
  // A TLS server takes a plain request for a broken handshake.
  const isMisunderstood = url.protocol === 'http:' && !hasAnswered
  const name = nameOf(peer)
  const systemCode = systemCodeOf(error)
  const report = { detail: { systemCode }, cause: error }
  if (systemCode === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return networkError(peer, {
      ...report,
      code: 'ERR_NETWORK_RESPONSE_INVALID',
      message: `the answer of ${name} is larger than 1 MiB`,
      hint: INSPECTED,
      retryable: false,
    })
  }
  if (systemCode === 'UND_ERR_HEADERS_OVERFLOW') {
    return networkError(peer, {
      ...report,
      code: 'ERR_NETWORK_RESPONSE_INVALID',
      message: `the headers of the answer of ${name} are larger than 16 KiB`,
      hint: INSPECTED,
      retryable: false,
    })
  }
  if (error.name === 'HTTPParserError') {
    return networkError(peer, {
      ...report,
      code: 'ERR_NETWORK_RESPONSE_INVALID',
      message: `the answer of ${name} is not HTTP`,
      hint: isMisunderstood ? NOT_ENCRYPTED : INSPECTED,
      retryable: false,
    })
  }
  if (systemCode === 'UND_ERR_SOCKET' || systemCode === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return networkError(peer, {
      ...report,
      code: 'ERR_NETWORK_CONNECT',
      message: `${name} closed the connection ${hasAnswered ? 'in the middle of' : 'without'} an answer`,
      hint: isMisunderstood
        ? NOT_ENCRYPTED
        : 'try again; if it stays, a firewall or an inspecting device on the way may cut it',
      retryable: true,
    })
  }
  return connectionFailure(error, peer)
}

export function redirectFailure(
  status: number,
  location: string | undefined,
  url: URL,
): RolesAnywhereError {
  const peer = peerOf(url, 'endpoint')
  const target = URL.parse(location ?? '', url.href)
  const host = target === null ? 'an unreadable address' : printable(target.host, 120)
  return networkError(peer, {
    code: 'ERR_NETWORK_REDIRECT',
    message: `${nameOf(peer)} redirects to ${host} (status ${status}); redirects are never followed`,
    hint: INSPECTED,
    retryable: false,
    detail: { status },
  })
}

export function encodingFailure(encoding: string, peer: Peer): RolesAnywhereError {
  return networkError(peer, {
    code: 'ERR_NETWORK_RESPONSE_INVALID',
    message: `the answer of ${nameOf(peer)} is encoded as "${printable(encoding, 40)}", unasked`,
    hint: INSPECTED,
    retryable: false,
  })
}

/** For a proxy that answered a CONNECT with anything but a tunnel. */
export function tunnelRefusal(
  status: number,
  proxy: Peer,
  hadAuthorization: boolean,
  target: Peer,
): RolesAnywhereError {
  return networkError(proxy, {
    code: 'ERR_NETWORK_PROXY',
    message: `${nameOf(proxy)} refused a tunnel to ${authorityOf(target)} (status ${status})`,
    hint: tunnelHint(status, hadAuthorization),
    retryable: status >= 500,
    detail: { status },
  })
}

function tunnelHint(status: number, hadAuthorization: boolean): Wording {
  if (status === 407) {
    return hadAuthorization
      ? says`the user name or password in ${setting('proxy')} is wrong, or the proxy wants another scheme than Basic`
      : says`the proxy wants a password: write ${setting('proxy')} as http://user:password@host:port`
  }
  return status >= 500
    ? says`the proxy could not reach the endpoint: check ${setting('endpoint')}, and DNS on the proxy`
    : says`ask for the endpoint to be allowed on the proxy, or list it in ${setting('noProxy')}`
}

/** For a proxy that cut the connection instead of answering. */
export function tunnelFailure(error: Error, proxy: Peer): RolesAnywhereError {
  return networkError(proxy, {
    code: 'ERR_NETWORK_PROXY',
    message: `${nameOf(proxy)} gave no answer that HTTP knows to a request for a tunnel`,
    hint: says`check that ${setting('proxy')} names an HTTP proxy, with its right port`,
    retryable: true,
    detail: { systemCode: systemCodeOf(error) },
    cause: error,
  })
}
