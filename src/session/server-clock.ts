/**
 * The time as the server sees it, kept from one answer to the next.
 *
 * Sessions begin and end by the clock of AWS, and so do signatures. The `Date` header of an answer tells
 * how far ours is from it; what lies between two answers is measured twice, by the wall clock and by one
 * that nobody sets. Where the two disagree, either the wall clock was wrong and has been mended, which shows
 * in that it is right now; or somebody set it wrong, or the machine stood still without noticing (a virtual
 * machine that was paused). Those two look alike from here, so the later time counts: at worst credentials
 * are renewed too early, and never used too late.
 *
 * @see RFC 9110 section 6.6.1
 * @module
 */

import { parseHttpDate } from '../core/http-date.ts'
import type { Clock, HttpResponse, Monotonic } from '../core/ports.ts'

/**
 * Below the five minutes after which the strictest AWS services refuse a signature, by a margin for
 * networks that are slow; milliseconds.
 */
export const TOLERATED_OFFSET_MS = 240_000

/** A wall clock this close to what the server's must be is right, whatever it was before; milliseconds. */
const RIGHT_WITHIN_MS = 20_000

/** A response, and how long after the start of its request it came. */
export interface TimedResponse {
  readonly response: HttpResponse
  /** By our wall clock: milliseconds since the epoch. */
  readonly receivedAt: number
  /** Milliseconds, by a clock that nobody sets. */
  readonly tookMs: number
}

/**
 * Server's clock minus ours, in milliseconds; undefined without a `date` header that can be read.
 *
 * The header has whole seconds, and was written at some time between sending and receiving. Of all
 * offsets that fit, this is the one closest to zero.
 */
export function clockOffset({ response, receivedAt, tookMs }: TimedResponse): number | undefined {
  const date = parseHttpDate(response.headers['date'] ?? '')
  if (date === undefined) return undefined
  const least = date - receivedAt
  return Math.max(least, Math.min(0, least + 999 + tookMs))
}

export class ServerClock {
  readonly #clock: Clock
  readonly #monotonic: Monotonic
  /** The server's time at the last answer, and the monotonic time then. */
  #known: { readonly at: number; readonly monotonicAt: number } | undefined
  #offsetMs = 0

  constructor(clock: Clock, monotonic: Monotonic) {
    this.#clock = clock
    this.#monotonic = monotonic
  }

  /** Milliseconds since the epoch: by our clock, until an answer has told the server's. */
  now(): number {
    const wall = this.#clock()
    if (this.#known === undefined) return wall
    const elapsed = this.#known.at + this.#monotonic() - this.#known.monotonicAt
    if (Math.abs(wall - elapsed) <= RIGHT_WITHIN_MS) return elapsed
    return Math.max(elapsed, wall + this.#offsetMs)
  }

  /** Server's clock minus ours as of the last answer, in milliseconds; 0 before the first. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /**
   * Takes over the server's time.
   *
   * @returns whether that changed our idea of the time by more than a signature tolerates.
   */
  correctBy(timed: TimedResponse): boolean {
    const offsetMs = clockOffset(timed)
    if (offsetMs === undefined) return false
    const before = this.now()
    this.#offsetMs = offsetMs
    this.#known = { at: timed.receivedAt + offsetMs, monotonicAt: this.#monotonic() }
    return Math.abs(this.now() - before) > TOLERATED_OFFSET_MS
  }
}
