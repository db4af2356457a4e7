import { describe, expect, it } from 'vitest'
import { inWords } from '../../../src/core/wording.ts'
import { SessionCredentials } from '../../../src/core/credentials.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { Reporter } from '../../../src/core/ports.ts'
import { RefreshEngine } from '../../../src/session/refresh-engine.ts'
import { nextRefreshAt } from '../../../src/session/refresh-policy.ts'
import { ServerClock, type TimedResponse } from '../../../src/session/server-clock.ts'
import { FakeTime } from '../../support/fake-time.ts'

const SERVER_START = Date.parse('2026-11-22T00:00:00Z')
const HOUR = 3_600_000
const MINUTE = 60_000

interface World {
  readonly time: FakeTime
  readonly engine: RefreshEngine
  readonly calls: number[]
  readonly warnings: string[]
  /** What the next calls do; default: succeed with `lifetimeMs`. */
  fail: RolesAnywhereError | undefined
  lifetimeMs: number
  latencyMs: number
  /** How long the credentials at hand really last, by the server's own clock. */
  leftMs(): number
}

function world(random: () => number = () => 0.5, clockIsOffBy = 0): World {
  const time = new FakeTime(SERVER_START + clockIsOffBy)
  const serverClock = new ServerClock(time.clock, time.monotonic)
  /** The server keeps its own time, which nobody here can set. */
  const serverNow = (): number => SERVER_START + time.monotonic()
  const calls: number[] = []
  const warnings: string[] = []
  const reporter: Reporter = {
    warn: (message) => warnings.push(inWords(message)),
    debug: () => undefined,
  }
  const engine = new RefreshEngine({
    obtain: async (signal) => {
      calls.push(time.monotonic())
      await time.wait(state.latencyMs, signal)
      if (state.fail !== undefined) throw state.fail
      serverClock.correctBy(answerAt(serverNow(), time.clock(), state.latencyMs))
      return credentialsUntil(serverNow() + state.lifetimeMs, String(calls.length))
    },
    clock: () => serverClock.now(),
    monotonic: time.monotonic,
    random,
    schedule: time.schedule,
    reporter,
  })
  const state: World = {
    time,
    engine,
    calls,
    warnings,
    fail: undefined,
    lifetimeMs: HOUR,
    latencyMs: 300,
    leftMs: () => (engine.current()?.expiresAt ?? 0) - serverNow(),
  }
  return state
}

function answerAt(serverNow: number, receivedAt: number, tookMs: number): TimedResponse {
  const headers = { date: new Date(serverNow).toUTCString() }
  return { response: { status: 201, headers, body: new Uint8Array() }, receivedAt, tookMs }
}

function credentialsUntil(expiresAt: number, mark: string): SessionCredentials {
  return new SessionCredentials({
    accessKeyId: `ASIA${mark.padStart(12, '0')}`,
    secretAccessKey: `secret-${mark}`,
    sessionToken: `token-${mark}`,
    expiresAt: Math.floor(expiresAt / 1000) * 1000,
    accountId: '123456789012',
    roleArn: 'arn:aws:iam::123456789012:role/demo',
  })
}

const OUTAGE = new RolesAnywhereError('ERR_NETWORK_CONNECT', 'connection refused')

describe('schedule', () => {
  it('the first refresh falls in the first half of the lifetime, later ones at half of it', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(6 * HOUR)
    const gaps = w.calls.slice(1).map((at, index) => at - w.calls[index]!)
    expect(gaps[0]).toBeGreaterThan(0.2 * HOUR)
    expect(gaps[0]).toBeLessThan(0.5 * HOUR)
    for (const gap of gaps.slice(1)) expect(Math.abs(gap - HOUR / 2)).toBeLessThan(0.05 * HOUR)
    await w.engine[Symbol.asyncDispose]()
  })

  it('jitter moves a refresh within 45 to 55 percent of the lifetime', async () => {
    for (const random of [0, 0.999_999]) {
      const w = world(() => random)
      w.engine.start()
      await w.time.advance(3 * HOUR)
      const gap = w.calls[2]! - w.calls[1]!
      expect(gap / HOUR).toBeCloseTo(random === 0 ? 0.45 : 0.55, 2)
      await w.engine[Symbol.asyncDispose]()
    }
  })

  it('24 hours of 15-minute sessions: more than ten minutes always left, and no timer piles up', async () => {
    const w = world(Math.random)
    w.lifetimeMs = 15 * MINUTE
    w.engine.start()
    await w.time.advance(MINUTE)
    for (let minute = 1; minute < 24 * 60; minute++) {
      await w.time.advance(MINUTE)
      expect(w.leftMs()).toBeGreaterThan(10 * MINUTE)
      expect(w.time.pending).toBeLessThanOrEqual(2)
    }
    // 24 h at one refresh each 180 to 290 s.
    expect(w.calls.length).toBeGreaterThanOrEqual(298)
    expect(w.calls.length).toBeLessThanOrEqual(480)
    expect(w.engine.status().failures.size).toBe(0)
    await w.engine[Symbol.asyncDispose]()
  })

  it('waking after two hours of suspend, the expired credentials are not served, and one call is made', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(MINUTE)
    expect(w.calls).toHaveLength(1)
    w.time.suspend(2 * HOUR)
    expect(w.engine.current()).toBeUndefined()
    await w.time.advance(31_000)
    expect(w.calls).toHaveLength(2)
    expect(w.engine.current()?.accessKeyId).toBe('ASIA000000000002')
    await w.engine[Symbol.asyncDispose]()
  })

  it.each([15 * MINUTE, 20 * MINUTE, HOUR, 12 * HOUR])(
    'a life of %i ms is used for a fifth, and more than ten minutes or half of it are left',
    (life) => {
      for (const occasion of ['onSchedule', 'outOfTurn'] as const) {
        const spans = [0, 0.999_999].map((random) =>
          nextRefreshAt({ obtainedAt: 0, expiresAt: life }, occasion, () => random),
        )
        const [from = 0, to = 0] = spans
        expect(from).toBeGreaterThanOrEqual(life / 5)
        expect(life - to).toBeGreaterThan(10 * MINUTE)
        expect(to).toBeLessThanOrEqual(0.55 * life)
        expect(to - from).toBeGreaterThanOrEqual(0.09 * life)
      }
    },
  )
})

describe('clocks', () => {
  const OFF = [2 * HOUR, -2 * HOUR, 35 * MINUTE, -35 * MINUTE, 50 * MINUTE]

  /** Every minute for `hours`: never expired, never refreshed more than once a minute. */
  async function live(w: World, hours: number): Promise<void> {
    for (let minute = 0; minute < hours * 60; minute++) {
      await w.time.advance(MINUTE)
      expect(w.leftMs()).toBeGreaterThan(0)
    }
    const gaps = w.calls.slice(1).map((at, index) => at - w.calls[index]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MINUTE)
    expect(w.engine.status().failures.size).toBe(0)
  }

  it.each(OFF)('%i ms off from the start: sessions of 15 minutes are kept fresh', async (off) => {
    const w = world(Math.random, off)
    w.lifetimeMs = 15 * MINUTE
    w.engine.start()
    await live(w, 4)
    expect(w.calls.length).toBeLessThanOrEqual(81)
    const { expiresAt = 0, nextTryAt, lastSuccessAt = 0 } = w.engine.status()
    // In the server's time, all of them.
    expect([lastSuccessAt, nextTryAt, expiresAt].toSorted((a, b) => a - b)).toEqual([
      lastSuccessAt,
      nextTryAt,
      expiresAt,
    ])
    await w.engine[Symbol.asyncDispose]()
  })

  it.each(OFF)('mended by %i ms while serving: nothing is lost and nothing asked', async (off) => {
    const w = world(() => 0.5, off)
    w.engine.start()
    await w.time.advance(5_000)
    w.time.jump(-off)
    expect(w.engine.current()).toBeDefined()
    await w.time.advance(MINUTE)
    expect(w.calls).toHaveLength(1)
    await live(w, 4)
    await w.engine[Symbol.asyncDispose]()
  })

  it.each(OFF)('set wrong by %i ms while serving', async (off) => {
    const w = world()
    w.lifetimeMs = 15 * MINUTE
    w.engine.start()
    await w.time.advance(2 * MINUTE)
    w.time.jump(off)
    await live(w, 4)
    await w.engine[Symbol.asyncDispose]()
  })

  it.each(OFF)('set by %i ms during a flight', async (off) => {
    const w = world()
    w.lifetimeMs = 15 * MINUTE
    w.latencyMs = 4_000
    w.engine.start()
    await w.time.advance(2_000)
    w.time.jump(off)
    await live(w, 4)
    await w.engine[Symbol.asyncDispose]()
  })

  it('a clock that jumps to and fro each minute asks for no more than a session a minute', async () => {
    const w = world()
    w.engine.start()
    for (let minute = 0; minute < 120; minute++) {
      w.time.jump(minute % 2 === 0 ? 2 * HOUR : -2 * HOUR)
      for (let second = 0; second < 60; second++) {
        w.engine.force()
        await w.time.advance(1_000)
      }
    }
    const gaps = w.calls.slice(1).map((at, index) => at - w.calls[index]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MINUTE)
    await w.engine[Symbol.asyncDispose]()
  })

  it('sessions of half a minute are not asked for one after the other', async () => {
    const w = world()
    w.lifetimeMs = 30_000
    w.engine.start()
    await w.time.advance(40_000)
    await expect(w.engine.credentials()).rejects.toThrow(/ended within a minute/)
    await w.time.advance(5 * MINUTE)
    expect(w.calls.length).toBeLessThanOrEqual(6)
    await w.engine[Symbol.asyncDispose]()
  })
})

describe('single flight', () => {
  it('1,000 readers at the moment of expiry cause one call and get the same credentials', async () => {
    const w = world()
    const readers = Array.from({ length: 1000 }, () => w.engine.credentials())
    await w.time.advance(1000)
    const seen = new Set((await Promise.all(readers)).map((c) => c.accessKeyId))
    expect(w.calls).toHaveLength(1)
    expect(seen.size).toBe(1)
    await w.engine[Symbol.asyncDispose]()
  })

  it('1,000 readers of a failing service share one call and one error', async () => {
    const w = world()
    w.fail = OUTAGE
    const readers = Array.from({ length: 1000 }, () =>
      w.engine.credentials().catch((e: unknown) => e),
    )
    await w.time.advance(500)
    const late = w.engine.credentials().catch((e: unknown) => e)
    expect(new Set(await Promise.all([...readers, late]))).toEqual(new Set([OUTAGE]))
    expect(w.calls).toHaveLength(1)
    await w.engine[Symbol.asyncDispose]()
  })
})

describe('failure', () => {
  it('a failed refresh keeps the last good credentials until they expire', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(MINUTE)
    const good = w.engine.current()
    w.fail = OUTAGE
    await w.time.advance(55 * MINUTE)
    expect(w.calls.length).toBeGreaterThan(10)
    expect(w.engine.current()).toBe(good)
    expect(w.engine.status().lastError?.code).toBe('ERR_NETWORK_CONNECT')
    await w.time.advance(10 * MINUTE)
    expect(w.engine.current()).toBeUndefined()
    await expect(w.engine.credentials()).rejects.toBe(OUTAGE)
    await w.engine[Symbol.asyncDispose]()
  })

  it('tries go on for ever, at most a minute apart and never less than ten seconds while credentials last', async () => {
    const w = world(Math.random)
    w.engine.start()
    await w.time.advance(MINUTE)
    w.fail = OUTAGE
    w.engine.force()
    await w.time.advance(50 * MINUTE)
    const gaps = w.calls.slice(2).map((at, index) => at - w.calls[index + 1]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000 + 300)
    w.fail = undefined
    await w.time.advance(61_000)
    expect(w.engine.status().lastError).toBeUndefined()
    await w.engine[Symbol.asyncDispose]()
  })

  it('Retry-After is kept, up to five minutes', async () => {
    for (const [asked, kept] of [
      [120, 120_000],
      [86_400, 300_000],
    ] as const) {
      const w = world(() => 0)
      w.fail = new RolesAnywhereError('ERR_SERVICE_THROTTLED', 'slow down', {
        detail: { retryAfterMs: asked * 1000 },
      })
      w.engine.start()
      await w.time.advance(kept + 5_000)
      expect(w.calls[1]! - w.calls[0]!).toBe(kept + 300)
      await w.engine[Symbol.asyncDispose]()
    }
  })

  it('credentials that are expired on arrival are a failure', async () => {
    const w = world()
    w.lifetimeMs = -MINUTE
    w.engine.start()
    await w.time.advance(500)
    expect(w.engine.current()).toBeUndefined()
    expect(w.engine.status().lastError?.code).toBe('ERR_SERVICE_RESPONSE_INVALID')
    await w.engine[Symbol.asyncDispose]()
  })

  it('a foreign exception becomes ERR_INTERNAL and shows nothing of its text', async () => {
    const time = new FakeTime()
    const warnings: string[] = []
    const engine = new RefreshEngine({
      obtain: () => Promise.reject(new TypeError('canary-secret')),
      clock: time.clock,
      monotonic: time.monotonic,
      random: () => 0,
      schedule: time.schedule,
      reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
    })
    await expect(engine.credentials()).rejects.toMatchObject({ code: 'ERR_INTERNAL' })
    expect(warnings.join()).not.toContain('canary')
    await engine[Symbol.asyncDispose]()
  })
})

describe('force', () => {
  it('a forced refresh happens at once, and a storm of them asks once a minute', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(5 * MINUTE)
    for (let signal = 0; signal < 1_200; signal++) {
      w.engine.force()
      await w.time.advance(100)
      if (signal === 0) expect(w.calls).toHaveLength(2)
    }
    // Two minutes of it.
    expect(w.calls).toHaveLength(3)
    await w.engine[Symbol.asyncDispose]()
  })

  it('a storm while AWS does not answer tries once a second', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(5 * MINUTE)
    w.fail = OUTAGE
    for (let signal = 0; signal < 100; signal++) {
      w.engine.force()
      await w.time.advance(100)
    }
    expect(w.calls.length).toBeGreaterThanOrEqual(8)
    expect(w.calls.length).toBeLessThanOrEqual(12)
    await w.engine[Symbol.asyncDispose]()
  })

  it('during a flight it is not lost: another follows when the floor allows', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(100)
    w.engine.force()
    await w.time.advance(MINUTE + 500)
    expect(w.calls).toHaveLength(2)
    await w.time.advance(5 * MINUTE)
    expect(w.calls).toHaveLength(2)
    await w.engine[Symbol.asyncDispose]()
  })

  it('during a flight that fails it is not lost either', async () => {
    const w = world(() => 0.999)
    w.engine.start()
    await w.time.advance(2 * MINUTE)
    w.fail = OUTAGE
    w.engine.force()
    await w.time.advance(100)
    w.engine.force()
    await w.time.advance(300)
    expect(w.engine.status().lastError).toBeDefined()
    w.fail = undefined
    await w.time.advance(1_000)
    expect(w.calls).toHaveLength(3)
    await w.engine[Symbol.asyncDispose]()
  })

  it('disposal stops the timers and aborts the try under way', async () => {
    const time = new FakeTime()
    let aborted = false
    const engine = new RefreshEngine({
      obtain: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new RolesAnywhereError('ERR_CANCELLED', 'cancelled'))
          })
        }),
      clock: time.clock,
      monotonic: time.monotonic,
      random: () => 0,
      schedule: time.schedule,
      reporter: { warn: () => undefined, debug: () => undefined },
    })
    engine.start()
    await engine[Symbol.asyncDispose]()
    expect(aborted).toBe(true)
    expect(time.pending).toBe(0)
  })
})
