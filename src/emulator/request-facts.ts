/**
 * What is worth knowing about a request and may be shown: no signature, no token, no key.
 *
 * @module
 */

import type { RefusalKind } from './refusal.ts'

export type Verdict =
  | {
      readonly kind: 'accepted'
      /** Of the certificate that signed. */
      readonly subject: string
      readonly roleArn: string
      /** ARN of the assumed role with the session name. */
      readonly sessionArn: string
      readonly expiration: string
    }
  | {
      readonly kind: RefusalKind | 'malformed' | 'internal-error'
      /** What exactly was wrong. */
      readonly reason: string
    }

export interface RequestFacts {
  /** Milliseconds since the epoch, by the emulator's clock without faults. */
  readonly at: number
  readonly requestId: string
  /** Empty, as is the path, when the request was not HTTP. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly verdict: Verdict
  /** Of the answer as it left, after faults. */
  readonly status: number
  /** The faults that touched the answer, as they were asked for. */
  readonly faults: readonly string[]
}

/** One line for a person, without control characters whatever the client sent. */
export function describeRequest(facts: RequestFacts): string {
  const { method, path, status, verdict, faults } = facts
  const what = method === '' ? 'not an HTTP request' : `${method} ${path}`
  const outcome =
    verdict.kind === 'accepted'
      ? `accepted "${verdict.subject}" as ${verdict.sessionArn} until ${verdict.expiration}`
      : `${verdict.kind}: ${verdict.reason}`
  const spoiled = faults.length === 0 ? '' : ` [fault ${faults.join(', ')}]`
  return `${what} ${status} ${outcome}${spoiled}`.replace(/[^\x20-\x7e]/g, '?')
}
