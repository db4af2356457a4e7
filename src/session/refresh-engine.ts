/**
 * Keeps one set of credentials fresh for as long as the process lives.
 *
 * Readers only ever read memory. Refreshing happens in the background, once at a time; a failure takes
 * nothing away and is tried again for ever. What is handed out is always unexpired. Lifetimes are those of
 * the server's time, the spans between tries those of a clock that nobody sets. Which request brings
 * credentials, and who gets to read them, is not known here.
 *
 * @see design.md section 5; the numbers are in refresh-policy.ts
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import type { ErrorCode } from '../core/errors.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Monotonic, Random, Reporter, Schedule } from '../core/ports.ts'
import { says } from '../core/wording.ts'
import {
  MAX_TICK_MS,
  nextRefreshAt,
  retryDelayMs,
  SUCCESS_FLOOR_MS,
  TRY_FLOOR_MS,
} from './refresh-policy.ts'

export interface RefreshEngineOptions {
  /** One try to get credentials. It is never called twice at the same time. */
  readonly obtain: (signal: AbortSignal) => Promise<SessionCredentials>
  /** The server's time, as far as it is known: credentials end by it. */
  readonly clock: Clock
  readonly monotonic: Monotonic
  readonly random: Random
  readonly schedule: Schedule
  readonly reporter: Reporter
}

/** What a person or a monitor may know about an engine, in the server's time: no secret is in it. */
export interface RefreshStatus {
  /** Expiry of the credentials at hand; absent when there are none that are valid. */
  readonly expiresAt?: number
  readonly lastSuccessAt?: number
  readonly nextTryAt: number
  readonly refreshes: number
  readonly failures: ReadonlyMap<ErrorCode, number>
  /** The failure since the last success, if any. */
  readonly lastError?: { readonly code: ErrorCode; readonly message: string; readonly at: number }
}

export class RefreshEngine implements AsyncDisposable {
  readonly #options: RefreshEngineOptions
  readonly #stop = new AbortController()
  readonly #failures = new Map<ErrorCode, number>()
  #credentials: SessionCredentials | undefined
  #flight: Promise<SessionCredentials> | undefined
  #cancelTick: () => void = () => undefined
  #refreshes = 0
  #failuresInARow = 0
  #lastSuccessAt: number | undefined
  #lastError: { error: RolesAnywhereError; at: number } | undefined
  /** When the credentials are to be replaced, in the server's time. */
  #refreshAt = -Infinity
  /** No try before this, in monotonic time. */
  #notBefore = -Infinity
  /** No try that somebody asks for before this, in monotonic time: the floors alone. */
  #forcedNotBefore = -Infinity
  #outOfTurn = true
  #isForced = false
  #isStarted = false

  constructor(options: RefreshEngineOptions) {
    this.#options = options
  }

  /** Begins to refresh in the background: at once, unless credentials are there already. */
  start(): void {
    this.#isStarted = true
    this.#tick()
  }

  /** The credentials at hand, or undefined when there are none that are still valid. */
  current(): SessionCredentials | undefined {
    const credentials = this.#credentials
    if (credentials === undefined) return undefined
    return credentials.expiresAt > this.#options.clock() ? credentials : undefined
  }

  /**
   * Valid credentials: from memory when there are any, else from the one try that is under way or due.
   *
   * @throws {RolesAnywhereError} the failure of that try; the last one while backing off.
   */
  async credentials(): Promise<SessionCredentials> {
    const current = this.current()
    if (current !== undefined) return current
    if (this.#flight !== undefined) return this.#flight
    const waitMs = this.#notBefore - this.#options.monotonic()
    if (waitMs > 0) throw this.#lastError?.error ?? endedEarly(waitMs)
    return this.#begin()
  }

  /**
   * Asks for new credentials now, whatever the schedule says. Only the floors between tries hold: a
   * second after a failure, a minute after a success. During a try it counts for the next one, since
   * that try may have begun with what is no longer true.
   */
  force(): void {
    this.#isForced = true
    this.#outOfTurn = true
    this.#notBefore = this.#forcedNotBefore
    this.#tick()
  }

  status(): RefreshStatus {
    const { clock } = this.#options
    const current = this.current()
    return {
      nextTryAt: clock() + Math.max(0, this.#untilNextTry()),
      refreshes: this.#refreshes,
      failures: this.#failures,
      ...(current !== undefined && { expiresAt: current.expiresAt }),
      ...(this.#lastSuccessAt !== undefined && { lastSuccessAt: this.#lastSuccessAt }),
      ...(this.#lastError !== undefined && {
        lastError: {
          code: this.#lastError.error.code,
          message: this.#lastError.error.message,
          at: this.#lastError.at,
        },
      }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#cancelTick()
    await this.#flight?.catch(() => undefined)
  }

  #tick(): void {
    this.#cancelTick()
    if (this.#stop.signal.aborted || !this.#isStarted) return
    if (this.#flight === undefined && this.#untilNextTry() <= 0) {
      // The failure is recorded in #begin; nobody waits for this promise.
      this.#begin().catch(() => undefined)
    }
    const sleepMs =
      this.#flight === undefined ? Math.min(MAX_TICK_MS, this.#untilNextTry()) : MAX_TICK_MS
    this.#cancelTick = this.#options.schedule(sleepMs, () => {
      this.#tick()
    })
  }

  /** Milliseconds; 0 or less when a try is due. */
  #untilNextTry(): number {
    const { clock, monotonic } = this.#options
    const untilRefresh = this.#isForced ? 0 : this.#refreshAt - clock()
    return Math.max(untilRefresh, this.#notBefore - monotonic())
  }

  async #begin(): Promise<SessionCredentials> {
    this.#isForced = false
    this.#forcedNotBefore = this.#options.monotonic() + TRY_FLOOR_MS
    this.#flight = this.#try()
    try {
      return await this.#flight
    } finally {
      this.#flight = undefined
      this.#tick()
    }
  }

  async #try(): Promise<SessionCredentials> {
    try {
      const credentials = await this.#options.obtain(this.#stop.signal)
      this.#succeed(credentials)
      return credentials
    } catch (cause) {
      const error = asRolesAnywhereError(cause)
      this.#fail(error)
      throw error
    }
  }

  #succeed(credentials: SessionCredentials): void {
    const { clock, monotonic, random } = this.#options
    const now = clock()
    if (credentials.expiresAt <= now) {
      throw new RolesAnywhereError(
        'ERR_SERVICE_RESPONSE_INVALID',
        `the new credentials expired at ${credentials.expiration}, which is in the past`,
        { hint: 'compare the clock of this machine with the real time' },
      )
    }
    const occasion = this.#outOfTurn ? 'outOfTurn' : 'onSchedule'
    const lifetime = { obtainedAt: now, expiresAt: credentials.expiresAt }
    this.#credentials = credentials
    this.#refreshes += 1
    this.#failuresInARow = 0
    this.#lastSuccessAt = now
    this.#lastError = undefined
    this.#outOfTurn = this.#isForced
    this.#refreshAt = nextRefreshAt(lifetime, occasion, random)
    this.#forcedNotBefore = monotonic() + SUCCESS_FLOOR_MS
    this.#notBefore = this.#forcedNotBefore
  }

  #fail(error: RolesAnywhereError): void {
    if (this.#stop.signal.aborted) return
    const { clock, monotonic, random, reporter } = this.#options
    const current = this.current()
    this.#failuresInARow += 1
    this.#failures.set(error.code, (this.#failures.get(error.code) ?? 0) + 1)
    this.#lastError = { error, at: clock() }
    this.#outOfTurn = true
    const retryAfterMs = error.detail['retryAfterMs']
    const delayMs = retryDelayMs(
      {
        failures: this.#failuresInARow,
        hasCredentials: current !== undefined,
        retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      },
      random,
    )
    this.#refreshAt = -Infinity
    this.#notBefore = this.#isForced ? this.#forcedNotBefore : monotonic() + delayMs
    // Before the start the caller of `credentials` has the error, and decides what it means.
    if (!this.#isStarted) return
    const { message, hint } = error.wording
    const kept = current === undefined ? 'no valid credentials' : `valid to ${current.expiration}`
    reporter.warn(
      says`refresh failed (${error.code}): ${message}; ${kept}; next try in ${Math.ceil(this.#untilNextTry() / 1000)} s`,
      { hint },
    )
  }
}

function asRolesAnywhereError(cause: unknown): RolesAnywhereError {
  if (cause instanceof RolesAnywhereError) return cause
  return new RolesAnywhereError('ERR_INTERNAL', 'refreshing failed in an unforeseen way', { cause })
}

function endedEarly(waitMs: number): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_SERVICE_RESPONSE_INVALID',
    `the last session ended within a minute; the next is asked for in ${Math.ceil(waitMs / 1000)} s`,
  )
}
