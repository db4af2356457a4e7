/**
 * The shape that every network failure has.
 *
 * @module
 */

import { RolesAnywhereError, type ErrorCode, type ErrorDetail } from '../core/errors.ts'
import type { Wording } from '../core/wording.ts'
import { errnoOf } from '../machine/errno.ts'
import type { Peer } from './peer.ts'

export interface Failure {
  readonly code: ErrorCode
  readonly message: Wording
  readonly hint: Wording
  /** Whether another try may find things better; `detail.retryable` carries it to those who decide. */
  readonly retryable: boolean
  readonly detail?: ErrorDetail | undefined
  readonly cause?: unknown
}

export function networkError(peer: Peer, failure: Failure): RolesAnywhereError {
  const { code, message, hint, retryable, detail } = failure
  // undici keeps the bytes that it could not read in its parser's error, and they may be secret.
  const isParserError = failure.cause instanceof Error && failure.cause.name === 'HTTPParserError'
  const cause = isParserError ? undefined : failure.cause
  return new RolesAnywhereError(code, message, {
    hint,
    cause,
    detail: { host: peer.hostname, port: peer.port, retryable, ...detail },
  })
}

/** The stable code that Node, OpenSSL and undici give their errors. */
export function systemCodeOf(error: unknown): string {
  return errnoOf(error) ?? 'unknown'
}
