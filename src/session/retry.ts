/**
 * Tries again what may go better, after a wait, until the tries or the time are used up.
 *
 * Waits have full jitter: a random share of a span that doubles with each try, so that machines that
 * failed together do not come back together. `Retry-After`, or one second when throttled without it, is
 * added to that. A `Retry-After` that asks for more time than there is ends the tries. What one try
 * consists of is the caller's business.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { Monotonic, Random, Reporter, Schedule } from '../core/ports.ts'
import { says, setting } from '../core/wording.ts'

export interface RetryPorts {
  readonly monotonic: Monotonic
  readonly schedule: Schedule
  readonly random: Random
  readonly reporter: Reporter
  /** Rejects when `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  readonly signal?: AbortSignal | undefined
  /** Tries in all, at least 1; default 3. */
  readonly maxAttempts?: number | undefined
  /** Milliseconds for all tries and waits; default 60,000. */
  readonly totalTimeoutMs?: number | undefined
}

/** Longest `Retry-After` that is obeyed, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 300_000

const DEFAULT_ATTEMPTS = 3
const DEFAULT_TOTAL_MS = 60_000
const MAX_BACKOFF_MS = 20_000
const BASE_BACKOFF_MS = 100
/** The service refills its quota once a second. */
const BASE_THROTTLE_BACKOFF_MS = 1_000

/**
 * The result of the first try that succeeds.
 *
 * @param attempt Is given the number of the try, from 1, and a signal for the caller's wish and the
 *   total deadline. What it throws is tried again if `detail.retryable` is true; `detail.retryAfterMs`
 *   is what the server asked for.
 * @throws {RolesAnywhereError} what the last try threw, with the number of tries; ERR_CANCELLED;
 *   ERR_NETWORK_TIMEOUT when the time was up before any try had failed.
 */
export async function withRetries<T>(
  attempt: (number: number, signal: AbortSignal) => Promise<T>,
  ports: RetryPorts,
): Promise<T> {
  const { maxAttempts = DEFAULT_ATTEMPTS, totalTimeoutMs = DEFAULT_TOTAL_MS } = ports
  const deadline = new AbortController()
  const cancelDeadline = ports.schedule(totalTimeoutMs, () => {
    deadline.abort()
  })
  const signal = AbortSignal.any([
    deadline.signal,
    ...(ports.signal === undefined ? [] : [ports.signal]),
  ])
  // The wall clock may be set meanwhile: at boot it mostly is.
  const startedAt = ports.monotonic()
  let number = 0
  let failure: RolesAnywhereError | undefined
  try {
    for (;;) {
      number += 1
      try {
        return await attempt(number, signal)
      } catch (error) {
        if (signal.aborted || !(error instanceof RolesAnywhereError)) throw error
        failure = error
      }
      const waitMs = backoff(failure, number, ports.random)
      const leftMs = totalTimeoutMs - (ports.monotonic() - startedAt)
      const isSpent = number >= maxAttempts || waitMs > leftMs
      const isTooLong = retryAfterMs(failure) > MAX_RETRY_AFTER_MS
      if (!isRetryable(failure) || isSpent || isTooLong) throw afterTries(failure, number)
      ports.reporter.debug('retry', { attempt: number, code: failure.code, waitMs })
      await ports.wait(waitMs, signal)
    }
  } catch (error) {
    if (ports.signal?.aborted === true) throw cancelled(error)
    if (!deadline.signal.aborted) throw error
    throw failure === undefined ? outOfTime(totalTimeoutMs, error) : afterTries(failure, number)
  } finally {
    cancelDeadline()
  }
}

function isRetryable(error: RolesAnywhereError): boolean {
  return error.detail['retryable'] === true
}

/** Milliseconds before the next try. */
function backoff(error: RolesAnywhereError, number: number, random: Random): number {
  const isThrottled = error.code === 'ERR_SERVICE_THROTTLED'
  const baseMs = isThrottled ? BASE_THROTTLE_BACKOFF_MS : BASE_BACKOFF_MS
  const spanMs = Math.min(MAX_BACKOFF_MS, baseMs * 2 ** (number - 1))
  // Before the quota is refilled, another try can only be throttled again.
  const floorMs = retryAfterMs(error) || (isThrottled ? BASE_THROTTLE_BACKOFF_MS : 0)
  return floorMs + Math.round(random() * spanMs)
}

function retryAfterMs(error: RolesAnywhereError): number {
  const asked = error.detail['retryAfterMs']
  return typeof asked === 'number' ? asked : 0
}

function afterTries(error: RolesAnywhereError, tries: number): RolesAnywhereError {
  const asked = retryAfterMs(error)
  const facts = [
    ...(tries === 1 ? [] : [`after ${tries} tries`]),
    ...(asked === 0 ? [] : [`asked to wait ${Math.ceil(asked / 1000)} s`]),
  ]
  if (facts.length === 0) return error
  const { message, hint } = error.wording
  return new RolesAnywhereError(error.code, says`${message} (${facts.join(', ')})`, {
    hint,
    detail: { ...error.detail, tries },
    cause: error.cause,
  })
}

function cancelled(cause: unknown): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', 'the request was cancelled', { cause })
}

function outOfTime(totalTimeoutMs: number, cause: unknown): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_NETWORK_TIMEOUT',
    `no credentials within ${totalTimeoutMs / 1000} s`,
    {
      hint: says`allow more with ${setting('timeout')}, or see in the debug trace which step takes the time`,
      cause,
    },
  )
}
