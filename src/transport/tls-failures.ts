/**
 * Why TLS could not be agreed with a server, or why its certificate is not believed.
 *
 * The usual reason in an enterprise is a device that inspects TLS, so a message about trust names the
 * issuer that was seen. What a certificate says is a stranger's text: it is shown printable and short.
 *
 * @see RFC 5280 section 6, RFC 9525
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import type { RolesAnywhereError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { connectionFailure } from './connection-failures.ts'
import { networkError, systemCodeOf } from './failure.ts'
import { nameOf, type Peer } from './peer.ts'

export interface TlsCircumstances {
  /** The server's certificate, when it got that far. */
  readonly seen: X509Certificate | undefined
  /** The CA bundle in force. */
  readonly bundleSource: string | undefined
}

/** OpenSSL's ways to say that the chain ends with a stranger. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Errors of OpenSSL when the two sides share no version of TLS. */
const NO_COMMON_VERSION: ReadonlySet<string> = new Set([
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_VERSION_TOO_LOW',
  'ERR_SSL_WRONG_SSL_VERSION',
])

/** Errors of OpenSSL when what came back is no TLS at all. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNEXPECTED_MESSAGE',
])

/** Whether the system's roots might make the difference. */
export function isUnknownIssuer(error: unknown): boolean {
  return error instanceof Error && UNKNOWN_ISSUER.has(systemCodeOf(error.cause))
}

export function tlsFailure(
  error: Error,
  peer: Peer,
  circumstances: TlsCircumstances,
): RolesAnywhereError {
  const systemCode = systemCodeOf(error)
  const explained = explain(systemCode, nameOf(peer), circumstances)
  if (explained === undefined) return connectionFailure(error, peer)
  const { seen } = circumstances
  return networkError(peer, {
    ...explained,
    code: 'ERR_NETWORK_TLS',
    retryable: false,
    cause: error,
    detail: {
      systemCode,
      ...(seen === undefined ? {} : { issuer: shown(seen.issuer), subject: shown(seen.subject) }),
    },
  })
}

function explain(
  code: string,
  name: string,
  { seen, bundleSource }: TlsCircumstances,
): { message: string; hint: string } | undefined {
  const issuer = seen === undefined ? 'an unknown issuer' : `"${shown(seen.issuer)}"`
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') {
    return {
      message: `the certificate of ${name} is self-signed, by ${issuer}, and not trusted here`,
      hint: trustHint(bundleSource),
    }
  }
  if (UNKNOWN_ISSUER.has(code)) {
    return {
      message: `the certificate of ${name} was issued by ${issuer}, which is not trusted here`,
      hint: trustHint(bundleSource),
    }
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return {
      message: `a certificate of ${name} has expired${until(seen)}`,
      hint: 'check the clock of this machine; if it is right, the certificate must be renewed there',
    }
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return {
      message: `a certificate of ${name} is not valid yet${from(seen)}`,
      hint: 'check the clock of this machine',
    }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = seen?.subjectAltName === undefined ? 'no name' : shown(seen.subjectAltName)
    return {
      message: `the certificate of ${name} is for another name: it is for ${names}`,
      hint: 'check the endpoint; a captive portal or an inspecting device may have answered instead',
    }
  }
  if (NO_COMMON_VERSION.has(code)) {
    return {
      message: `${name} speaks no TLS as new as 1.2`,
      hint: 'AWS takes TLS 1.2 and 1.3: an old device on the way may have answered instead',
    }
  }
  if (NOT_TLS.has(code)) {
    return {
      message: `${name} answers, but not with TLS`,
      hint: 'check the port of the endpoint, and whether it should be reached through a proxy',
    }
  }
  if (seen !== undefined && !code.startsWith('E')) {
    return {
      message: `the certificate of ${name} is not acceptable (${code}); its issuer is ${issuer}`,
      hint: trustHint(bundleSource),
    }
  }
  if (code.startsWith('ERR_SSL_')) {
    return {
      message: `the TLS handshake with ${name} failed (${code})`,
      hint: 'an inspecting device on the way may not know what AWS and this tool speak',
    }
  }
  return undefined
}

function trustHint(bundleSource: string | undefined): string {
  return bundleSource === undefined
    ? 'if TLS is inspected on the way, give its CA with --ca-bundle FILE or AWS_CA_BUNDLE'
    : `only the CA bundle "${bundleSource}" counts here: add the CA that issued this certificate`
}

function until(seen: X509Certificate | undefined): string {
  return seen === undefined ? '' : `; the server's own ends at ${instant(seen.validToDate)}`
}

function from(seen: X509Certificate | undefined): string {
  return seen === undefined ? '' : `; the server's own begins at ${instant(seen.validFromDate)}`
}

function instant(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString()
}

/** Node writes a distinguished name with one attribute a line. */
function shown(text: string): string {
  return printable(text.trim().replaceAll('\n', ', '), 200)
}
