/**
 * Keeps one set of credentials fresh for as long as the process lives.
 *
 * Readers only ever read memory. Refreshing happens in the background, once at a time, by the wall
 * clock; a failure takes nothing away and is tried again for ever. What is handed out is always
 * unexpired. Which request brings credentials, and who gets to read them, is not known here.
 *
 * @see design.md section 5; the numbers are in refresh-policy.ts
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import type { ErrorCode } from '../core/errors.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Random, Reporter } from '../core/ports.ts'
import { says } from '../core/wording.ts'
import { MAX_TICK_MS, nextRefreshAt, retryDelayMs, TRY_FLOOR_MS } from './refresh-policy.ts'

/** Runs `task` once after `delayMs`; the result cancels it. */
export type Schedule = (delayMs: number, task: () => void) => () => void

export interface RefreshEngineOptions {
  /** One try to get credentials. It is never called twice at the same time. */
  readonly obtain: (signal: AbortSignal) => Promise<SessionCredentials>
  /** Told of every new set, before anybody else can read it. */
  readonly onRefresh?: ((credentials: SessionCredentials) => void) | undefined
  readonly clock: Clock
  readonly random: Random
  readonly schedule: Schedule
  readonly reporter: Reporter
}

/** What a person or a monitor may know about an engine: no secret is in it. */
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
  #lastTryAt = -Infinity
  #lastError: { error: RolesAnywhereError; at: number } | undefined
  /** 0: as soon as somebody looks. */
  #nextTryAt = 0
  #outOfTurn = true
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
    if (this.#options.clock() < this.#nextTryAt && this.#lastError !== undefined) {
      throw this.#lastError.error
    }
    return this.#begin()
  }

  /** Asks for new credentials now, whatever the schedule says; only the floor between tries holds. */
  force(): void {
    if (this.#flight !== undefined) return
    this.#outOfTurn = true
    this.#nextTryAt = Math.max(this.#options.clock(), this.#lastTryAt + TRY_FLOOR_MS)
    this.#tick()
  }

  status(): RefreshStatus {
    const current = this.current()
    return {
      nextTryAt: this.#nextTryAt,
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
    const now = this.#options.clock()
    // A clock that was set back makes every instant computed before it meaningless.
    if (now < this.#lastTryAt) this.#nextTryAt = now
    if (now >= this.#nextTryAt && this.#flight === undefined) {
      // The failure is recorded in #begin; nobody waits for this promise.
      this.#begin().catch(() => undefined)
    }
    const sleepMs =
      this.#flight === undefined ? Math.min(MAX_TICK_MS, this.#nextTryAt - now) : MAX_TICK_MS
    this.#cancelTick = this.#options.schedule(sleepMs, () => {
      this.#tick()
    })
  }

  async #begin(): Promise<SessionCredentials> {
    this.#lastTryAt = this.#options.clock()
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
    const now = this.#options.clock()
    if (credentials.expiresAt <= now) {
      throw new RolesAnywhereError(
        'ERR_SERVICE_RESPONSE_INVALID',
        `the new credentials expired at ${credentials.expiration}, which is in the past`,
        { hint: 'compare the clock of this machine with the real time' },
      )
    }
    this.#options.onRefresh?.(credentials)
    const occasion = this.#outOfTurn ? 'outOfTurn' : 'onSchedule'
    const lifetime = { obtainedAt: now, expiresAt: credentials.expiresAt }
    this.#credentials = credentials
    this.#refreshes += 1
    this.#failuresInARow = 0
    this.#lastSuccessAt = now
    this.#lastError = undefined
    this.#outOfTurn = false
    this.#nextTryAt = Math.max(
      now + TRY_FLOOR_MS,
      nextRefreshAt(lifetime, occasion, this.#options.random),
    )
  }

  #fail(error: RolesAnywhereError): void {
    if (this.#stop.signal.aborted) return
    const now = this.#options.clock()
    const current = this.current()
    this.#failuresInARow += 1
    this.#failures.set(error.code, (this.#failures.get(error.code) ?? 0) + 1)
    this.#lastError = { error, at: now }
    this.#outOfTurn = true
    const retryAfterMs = error.detail['retryAfterMs']
    const delayMs = retryDelayMs(
      {
        failures: this.#failuresInARow,
        hasCredentials: current !== undefined,
        retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      },
      this.#options.random,
    )
    this.#nextTryAt = now + delayMs
    // Before the start the caller of `credentials` has the error, and decides what it means.
    if (!this.#isStarted) return
    const { message, hint } = error.wording
    const kept = current === undefined ? 'no valid credentials' : `valid to ${current.expiration}`
    this.#options.reporter.warn(
      says`refresh failed (${error.code}): ${message}; ${kept}; next try in ${Math.ceil(delayMs / 1000)} s`,
      { hint },
    )
  }
}

function asRolesAnywhereError(cause: unknown): RolesAnywhereError {
  if (cause instanceof RolesAnywhereError) return cause
  return new RolesAnywhereError('ERR_INTERNAL', 'refreshing failed in an unforeseen way', { cause })
}
