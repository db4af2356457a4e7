/**
 * Why a connection did not come about, or broke, below TLS.
 *
 * @module
 */

import type { ErrorCode } from '../core/errors.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting, type Wording } from '../core/wording.ts'
import { networkError, systemCodeOf } from './failure.ts'
import { nameOf, type Peer } from './peer.ts'

interface SystemFailure {
  readonly code: ErrorCode
  /** Follows the peer's name. */
  readonly words: string
  readonly hint: Wording
  readonly retryable: boolean
}

const DROPPED_PACKETS = says`a firewall may drop the packets; where a proxy is required, give it with ${setting('proxy')}`

/** One row for each way the operating system says no. */
const SYSTEM_FAILURES: Readonly<Record<string, SystemFailure>> = {
  ENOTFOUND: {
    code: 'ERR_NETWORK_DNS',
    words: 'does not exist in DNS',
    hint: says`check the region or endpoint for typing errors, and that this machine can resolve names; where a proxy is required, give it with ${setting('proxy')}`,
    retryable: false,
  },
  EAI_AGAIN: {
    code: 'ERR_NETWORK_DNS',
    words: 'cannot be looked up now: no DNS server answers',
    hint: 'check the network of this machine and its /etc/resolv.conf',
    retryable: true,
  },
  ECONNREFUSED: {
    code: 'ERR_NETWORK_CONNECT',
    words: 'refused the connection',
    hint: 'check that something listens there, and that no firewall rejects it',
    retryable: true,
  },
  ECONNRESET: {
    code: 'ERR_NETWORK_CONNECT',
    words: 'reset the connection',
    hint: 'a firewall or a TLS-inspecting device on the way may have cut it',
    retryable: true,
  },
  EPIPE: {
    code: 'ERR_NETWORK_CONNECT',
    words: 'closed the connection',
    hint: 'a firewall or a TLS-inspecting device on the way may have cut it',
    retryable: true,
  },
  ENETUNREACH: {
    code: 'ERR_NETWORK_CONNECT',
    words: 'cannot be reached: this machine has no route to it',
    hint: says`check the network of this machine; where a proxy is required, give it with ${setting('proxy')}`,
    retryable: true,
  },
  EHOSTUNREACH: {
    code: 'ERR_NETWORK_CONNECT',
    words: 'cannot be reached: no route leads to it',
    hint: says`check the network of this machine; where a proxy is required, give it with ${setting('proxy')}`,
    retryable: true,
  },
  ETIMEDOUT: {
    code: 'ERR_NETWORK_TIMEOUT',
    words: 'did not answer',
    hint: DROPPED_PACKETS,
    retryable: true,
  },
}

/** The error for a failed look-up or TCP connection, or one that broke in the TLS handshake. */
export function connectionFailure(error: Error, peer: Peer): RolesAnywhereError {
  const systemCode = systemCodeOf(error)
  const known = SYSTEM_FAILURES[systemCode] ?? {
    code: 'ERR_NETWORK_CONNECT',
    words: `could not be reached (${systemCode})`,
    hint: 'check the network and firewall rules of this machine',
    retryable: true,
  }
  const subject = known.code === 'ERR_NETWORK_DNS' ? `the host name ${peer.hostname}` : nameOf(peer)
  return networkError(peer, {
    // Whatever is wrong with the way to a proxy is for the one who set the proxy.
    code: peer.role === 'proxy' ? 'ERR_NETWORK_PROXY' : known.code,
    message:
      peer.role === 'proxy' && known.code === 'ERR_NETWORK_DNS'
        ? `${subject} of the proxy ${known.words}`
        : `${subject} ${known.words}`,
    hint: peer.role === 'proxy' ? says`check ${setting('proxy')}; ${known.hint}` : known.hint,
    retryable: known.retryable,
    detail: { systemCode },
    cause: error,
  })
}

/** Where the time went, in words that the peer's name follows. */
const PHASES = {
  'name look-up': 'looking up',
  connection: 'connecting to',
  'proxy tunnel': 'waiting for a tunnel from',
  'TLS handshake': 'in the TLS handshake with',
  response: 'waiting for an answer from',
  'response body': 'reading the answer of',
} as const

export type Phase = keyof typeof PHASES

export function timeoutFailure(phase: Phase, peer: Peer, timeoutMs: number): RolesAnywhereError {
  const isSlow = phase === 'response' || phase === 'response body'
  return networkError(peer, {
    code: 'ERR_NETWORK_TIMEOUT',
    message: `timed out after ${timeoutMs / 1000} s ${PHASES[phase]} ${nameOf(peer)}`,
    hint:
      phase === 'name look-up'
        ? 'check that the DNS servers in /etc/resolv.conf answer'
        : isSlow
          ? 'try again; if it stays, check what lies between this machine and the endpoint'
          : DROPPED_PACKETS,
    retryable: true,
    detail: { phase, timeoutMs },
  })
}

export function plainHttpFailure(peer: Peer): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_ENDPOINT_INVALID',
    `plain http is only for this machine, and ${nameOf(peer)} is not on it`,
    { hint: says`write https:// instead of http:// in ${setting('endpoint')}` },
  )
}

export function cancelled(cause: unknown): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', 'the request was cancelled', { cause })
}
