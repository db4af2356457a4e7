import { describe, expect, test } from 'vitest'
import { inWords } from '../../../src/core/wording.ts'
import { SessionCredentials } from '../../../src/core/credentials.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { Reporter } from '../../../src/core/ports.ts'
import { RefreshEngine } from '../../../src/session/refresh-engine.ts'
import { FakeTime } from '../../support/fake-time.ts'

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
}

function world(random: () => number = () => 0.5): World {
  const time = new FakeTime()
  const calls: number[] = []
  const warnings: string[] = []
  const reporter: Reporter = {
    warn: (message) => warnings.push(inWords(message)),
    debug: () => undefined,
  }
  const engine = new RefreshEngine({
    obtain: async (signal) => {
      calls.push(time.clock())
      await time.wait(state.latencyMs, signal)
      if (state.fail !== undefined) throw state.fail
      return credentialsUntil(time.clock() + state.lifetimeMs, String(calls.length))
    },
    clock: time.clock,
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
  }
  return state
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
  test('the first refresh falls in the first half of the lifetime, later ones at half of it', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(6 * HOUR)
    const gaps = w.calls.slice(1).map((at, index) => at - w.calls[index]!)
    expect(gaps[0]).toBeGreaterThan(0.1 * HOUR)
    expect(gaps[0]).toBeLessThan(0.5 * HOUR)
    for (const gap of gaps.slice(1)) expect(Math.abs(gap - HOUR / 2)).toBeLessThan(0.05 * HOUR)
    await w.engine[Symbol.asyncDispose]()
  })

  test('jitter moves a refresh within 45 to 55 percent of the lifetime', async () => {
    for (const random of [0, 0.999_999]) {
      const w = world(() => random)
      w.engine.start()
      await w.time.advance(3 * HOUR)
      const gap = w.calls[2]! - w.calls[1]!
      expect(gap / HOUR).toBeCloseTo(random === 0 ? 0.45 : 0.55, 2)
      await w.engine[Symbol.asyncDispose]()
    }
  })

  test('24 hours of 15-minute sessions: every refresh in time, once, and no timer piles up', async () => {
    const w = world(Math.random)
    w.lifetimeMs = 15 * MINUTE
    w.engine.start()
    await w.time.advance(MINUTE)
    for (let minute = 1; minute < 24 * 60; minute++) {
      await w.time.advance(MINUTE)
      const left = (w.engine.current()?.expiresAt ?? 0) - w.time.clock()
      expect(left).toBeGreaterThan(MINUTE)
      expect(w.time.pending).toBeLessThanOrEqual(2)
    }
    // 24 h at one refresh each 6.75 to 8.25 minutes, and one out of turn at the start.
    expect(w.calls.length).toBeGreaterThanOrEqual(174)
    expect(w.calls.length).toBeLessThanOrEqual(216)
    expect(w.engine.status().failures.size).toBe(0)
    await w.engine[Symbol.asyncDispose]()
  })

  test('waking after two hours of suspend, the expired credentials are not served, and one call is made', async () => {
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

  test('a clock set back by an hour does not delay the refresh', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(MINUTE)
    w.time.jump(-HOUR)
    await w.time.advance(31_000)
    expect(w.calls).toHaveLength(2)
    await w.engine[Symbol.asyncDispose]()
  })
})

describe('single flight', () => {
  test('1,000 readers at the moment of expiry cause one call and get the same credentials', async () => {
    const w = world()
    const readers = Array.from({ length: 1000 }, () => w.engine.credentials())
    await w.time.advance(1000)
    const seen = new Set((await Promise.all(readers)).map((c) => c.accessKeyId))
    expect(w.calls).toHaveLength(1)
    expect(seen.size).toBe(1)
    await w.engine[Symbol.asyncDispose]()
  })

  test('1,000 readers of a failing service share one call and one error', async () => {
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
  test('a failed refresh keeps the last good credentials until they expire', async () => {
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

  test('tries go on for ever, at most a minute apart and never less than ten seconds while credentials last', async () => {
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

  test('Retry-After is kept, up to five minutes', async () => {
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

  test('credentials that are expired on arrival are a failure', async () => {
    const w = world()
    w.lifetimeMs = -MINUTE
    w.engine.start()
    await w.time.advance(500)
    expect(w.engine.current()).toBeUndefined()
    expect(w.engine.status().lastError?.code).toBe('ERR_SERVICE_RESPONSE_INVALID')
    await w.engine[Symbol.asyncDispose]()
  })

  test('a foreign exception becomes ERR_INTERNAL and shows nothing of its text', async () => {
    const time = new FakeTime()
    const warnings: string[] = []
    const engine = new RefreshEngine({
      obtain: () => Promise.reject(new TypeError('canary-secret')),
      clock: time.clock,
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
  test('a forced refresh happens at once, and a storm of them is held by the floor', async () => {
    const w = world()
    w.engine.start()
    await w.time.advance(5 * MINUTE)
    for (let signal = 0; signal < 100; signal++) {
      w.engine.force()
      await w.time.advance(100)
    }
    // 10 seconds, one try a second.
    expect(w.calls.length).toBeGreaterThanOrEqual(8)
    expect(w.calls.length).toBeLessThanOrEqual(12)
    await w.engine[Symbol.asyncDispose]()
  })

  test('disposal stops the timers and aborts the try under way', async () => {
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
