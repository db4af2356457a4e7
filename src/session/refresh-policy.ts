/**
 * When to ask for the next session: the numbers and the arithmetic, without any state.
 *
 * Clients of the metadata service ask again once less than ten minutes are left, and cannot be told
 * otherwise. So what is served has more than that where the session allows, and half of its life where
 * that is more.
 *
 * Two kinds of spread keep a fleet apart. A session that was obtained out of turn (at start, after an
 * outage, by force) is followed by a refresh anywhere between a fifth and half of its life, because
 * every other host was probably started, or cut off, at the same moment. From then on the hosts are
 * apart, and half of the lifetime with a little jitter keeps them so; `bench/fleet.ts` shows both.
 *
 * @see design.md section 5; IAM Roles Anywhere User Guide, "Quotas"
 * @module
 */

import type { Random } from '../core/ports.ts'
import { MAX_RETRY_AFTER_MS } from './retry.ts'

/** The longest sleep. Timers stand still while a machine is suspended; the wall clock does not. */
export const MAX_TICK_MS = 30_000

/** The least time between two tries, whoever asks for them. */
export const TRY_FLOOR_MS = 1_000

/** The same while valid credentials are there: nobody waits, so nobody is helped by hurry. */
export const TRY_FLOOR_WITH_CREDENTIALS_MS = 10_000

/**
 * The least time from a success to the next try, whoever asks for it: whatever is wrong with a clock or
 * with a lifetime, no host asks AWS for more than one session a minute.
 */
export const SUCCESS_FLOOR_MS = 60_000

/** Sessions below this give clients of the metadata service little more than their ten minutes. */
export const SHORT_FOR_IMDS_MS = 25 * 60_000

const BACKOFF_START_MS = 1_000
const BACKOFF_MAX_MS = 60_000

/** Time that is left when credentials are replaced, where half of the lifetime would leave less. */
const LEFT_MS = { most: 720_000, least: 610_000 } as const
/** Part of a lifetime that is used in any case. */
const LEAST_PART = 0.2
/** Part of a lifetime over which refreshes are spread at least. */
const LEAST_SPREAD = 0.05
/** Parts of a lifetime between which the next refresh falls. */
const REFRESH_SPAN = {
  onSchedule: { from: 0.45, to: 0.55 },
  outOfTurn: { from: LEAST_PART, to: 0.55 },
} as const

export interface Lifetime {
  readonly obtainedAt: number
  readonly expiresAt: number
}

/** The instant at which credentials of this lifetime are to be replaced. */
export function nextRefreshAt(
  lifetime: Lifetime,
  occasion: keyof typeof REFRESH_SPAN,
  random: Random,
): number {
  const { from, to } = refreshSpan(lifetime.expiresAt - lifetime.obtainedAt, occasion)
  return Math.round(lifetime.obtainedAt + from + (to - from) * random())
}

/** Milliseconds of a life of `lifetimeMs` between which the refresh falls. */
function refreshSpan(
  lifetimeMs: number,
  occasion: keyof typeof REFRESH_SPAN,
): { readonly from: number; readonly to: number } {
  const part = REFRESH_SPAN[occasion]
  const from = Math.max(
    lifetimeMs * LEAST_PART,
    Math.min(lifetimeMs * part.from, lifetimeMs - LEFT_MS.most),
  )
  const to = Math.max(
    from + lifetimeMs * LEAST_SPREAD,
    Math.min(lifetimeMs * part.to, lifetimeMs - LEFT_MS.least),
  )
  return { from, to }
}

export interface RetryDelayOptions {
  /** Failures in a row, 1 or more. */
  readonly failures: number
  readonly hasCredentials: boolean
  /** From the service's Retry-After header. */
  readonly retryAfterMs?: number | undefined
}

/** Milliseconds until the next try: exponential backoff with full jitter, never below the floor. */
export function retryDelayMs(options: RetryDelayOptions, random: Random): number {
  // The exponent is capped so that years of failures do not overflow.
  const ceiling = Math.min(
    BACKOFF_MAX_MS,
    BACKOFF_START_MS * 2 ** Math.min(options.failures - 1, 16),
  )
  const floor = options.hasCredentials ? TRY_FLOOR_WITH_CREDENTIALS_MS : TRY_FLOOR_MS
  const asked = Math.min(options.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.max(floor, asked, Math.round(random() * ceiling))
}
