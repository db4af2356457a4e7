/**
 * Why TLS could not be agreed with a server, or why its certificate is not believed: one row for each
 * way to fail.
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
import { says, setting, type Wording } from '../core/wording.ts'
import { connectionFailure } from './connection-failures.ts'
import { networkError, systemCodeOf } from './failure.ts'
import { nameOf, type Peer } from './peer.ts'

export interface TlsCircumstances {
  /** The server's certificate, when it got that far. */
  readonly seen: X509Certificate | undefined
  /** The CA bundle in force. */
  readonly bundleSource: string | undefined
}

interface TlsFailure {
  /** Codes of Node and OpenSSL. */
  readonly codes: RegExp
  /** Follows the peer's name. */
  readonly words: (facts: TlsFacts) => string
  readonly hint: (facts: TlsFacts) => Wording
  /** Holds only where the server has shown a certificate. */
  readonly afterCertificate?: true
}

/** What a row may say, made printable. */
interface TlsFacts {
  readonly code: string
  /** The issuer that the server's certificate names, in quotes. */
  readonly issuer: string
  readonly names: string
  readonly begins: string
  readonly ends: string
  readonly trustHint: Wording
}

/** OpenSSL's ways to say that the chain ends with a stranger. */
const UNKNOWN_ISSUER =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/

/** The first row that matches holds, so the special stands before the general. */
const TLS_FAILURES: readonly TlsFailure[] = [
  {
    codes: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
    words: ({ issuer }) =>
      `shows a self-signed certificate, by ${issuer}, that is not trusted here`,
    hint: ({ trustHint }) => trustHint,
  },
  {
    codes: UNKNOWN_ISSUER,
    words: ({ issuer }) => `shows a certificate issued by ${issuer}, which is not trusted here`,
    hint: ({ trustHint }) => trustHint,
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    words: ({ ends }) => `shows a certificate that has expired${ends}`,
    hint: () =>
      'check the clock of this machine; if it is right, the certificate must be renewed there',
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    words: ({ begins }) => `shows a certificate that is not valid yet${begins}`,
    hint: () => 'check the clock of this machine',
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    words: ({ names }) => `shows a certificate for another name: it is for ${names}`,
    hint: () =>
      says`check ${setting('endpoint')}; a captive portal or an inspecting device may have answered instead`,
  },
  {
    // The two sides share no version of TLS.
    codes:
      /^ERR_SSL_(?:TLSV1_ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|WRONG_SSL_VERSION)$/,
    words: () => 'speaks no TLS as new as 1.2',
    hint: () => 'AWS takes TLS 1.2 and 1.3: an old device on the way may have answered instead',
  },
  {
    // What came back is no TLS at all.
    codes:
      /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE)$/,
    words: () => 'answers, but not with TLS',
    hint: () =>
      says`check the port of ${setting('endpoint')}, and whether it should be reached through a proxy`,
  },
  {
    // Every other verdict of OpenSSL on a certificate: its codes begin with no E of the system's.
    codes: /^(?!E)/,
    afterCertificate: true,
    words: ({ code, issuer }) =>
      `shows a certificate that is not acceptable (${code}); its issuer is ${issuer}`,
    hint: ({ trustHint }) => trustHint,
  },
  {
    codes: /^ERR_SSL_/,
    words: ({ code }) => `broke off the TLS handshake (${code})`,
    hint: () => 'an inspecting device on the way may not know what AWS and this tool speak',
  },
]

/** Whether the system's roots might make the difference. */
export function isUnknownIssuer(error: unknown): boolean {
  return error instanceof Error && UNKNOWN_ISSUER.test(systemCodeOf(error.cause))
}

export function tlsFailure(
  error: Error,
  peer: Peer,
  circumstances: TlsCircumstances,
): RolesAnywhereError {
  const systemCode = systemCodeOf(error)
  const { seen } = circumstances
  const row = TLS_FAILURES.find(
    ({ codes, afterCertificate }) =>
      codes.test(systemCode) && (seen !== undefined || afterCertificate !== true),
  )
  if (row === undefined) return connectionFailure(error, peer)
  const facts = factsOf(systemCode, circumstances)
  return networkError(peer, {
    code: 'ERR_NETWORK_TLS',
    message: `${nameOf(peer)} ${row.words(facts)}`,
    hint: row.hint(facts),
    retryable: false,
    cause: error,
    detail: {
      systemCode,
      ...(seen === undefined ? {} : { issuer: shown(seen.issuer), subject: shown(seen.subject) }),
    },
  })
}

function factsOf(code: string, { seen, bundleSource }: TlsCircumstances): TlsFacts {
  return {
    code,
    issuer: seen === undefined ? 'an unknown issuer' : `"${shown(seen.issuer)}"`,
    names: seen?.subjectAltName === undefined ? 'no name' : shown(seen.subjectAltName),
    begins: seen === undefined ? '' : `; the server's own begins at ${instant(seen.validFromDate)}`,
    ends: seen === undefined ? '' : `; the server's own ends at ${instant(seen.validToDate)}`,
    trustHint:
      bundleSource === undefined
        ? says`if TLS is inspected on the way, give its CA with ${setting('caBundle', 'FILE')}`
        : says`only the CA bundle "${bundleSource}" of ${setting('caBundle')} counts here: add the CA that issued this certificate`,
  }
}

function instant(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString()
}

/** Node writes a distinguished name with one attribute a line. */
function shown(text: string): string {
  return printable(text.trim().replaceAll('\n', ', '), 200)
}
