/**
 * The time as the server sees it, for machines whose own clock is wrong.
 *
 * AWS refuses signatures made too long ago or ahead, and says so as "Invalid signature" at best. The
 * `Date` header of its answer tells how far the clocks are apart. Small differences are left alone;
 * beyond the limit the server's time replaces ours, for signing and for judging expiry.
 *
 * @see RFC 9110 section 6.6.1
 * @module
 */

import { parseHttpDate } from '../core/http-date.ts'
import type { Clock, HttpResponse } from '../core/ports.ts'

/**
 * Below the five minutes after which the strictest AWS services refuse a signature, by a margin for
 * networks that are slow; milliseconds.
 */
const TOLERATED_OFFSET_MS = 240_000

/** A response, and when (by our clock) its request went out and it came back. */
export interface TimedResponse {
  readonly response: HttpResponse
  readonly sentAt: number
  readonly receivedAt: number
}

/**
 * Server's clock minus ours, in milliseconds; undefined without a `date` header that can be read.
 *
 * The header has whole seconds, and was written at some time between sending and receiving. Of all
 * offsets that fit, this is the one closest to zero.
 */
export function clockOffset({ response, sentAt, receivedAt }: TimedResponse): number | undefined {
  const date = parseHttpDate(response.headers['date'] ?? '')
  if (date === undefined) return undefined
  const least = date - receivedAt
  const most = date + 999 - sentAt
  return Math.max(least, Math.min(0, most))
}

export class ServerClock {
  readonly #clock: Clock
  #offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds since the epoch: our clock, or the server's once it has been taken over. */
  now(): number {
    return this.#clock() + this.#offsetMs
  }

  /**
   * Takes over the server's time when ours is off by more than is tolerated.
   *
   * @returns whether that changed our idea of the time.
   */
  correctBy(timed: TimedResponse): boolean {
    const offsetMs = clockOffset(timed) ?? 0
    const isOff = Math.abs(offsetMs) > TOLERATED_OFFSET_MS
    const isNews = Math.abs(offsetMs - this.#offsetMs) > TOLERATED_OFFSET_MS
    if (!isOff || !isNews) return false
    this.#offsetMs = offsetMs
    return true
  }
}
