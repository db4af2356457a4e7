/**
 * What jitter does to a fleet: 10,000 hosts started within one minute, one CreateSession quota of 10
 * requests a second between them, simulated with the policy that `serve` and `update` really use.
 *
 * Run it with `node bench/fleet.ts`. Time is simulated; a run takes a few seconds.
 *
 * @see IAM Roles Anywhere User Guide, "Quotas"; src/session/refresh-policy.ts
 * @module
 */

import { nextRefreshAt, retryDelayMs } from '../src/session/refresh-policy.ts'
import { seeded } from '../test/faults/row.ts'

const HOSTS = 10_000
const QUOTA_PER_SECOND = 10
const LIFETIME_S = 3600
const HOURS = 6

interface Result {
  /** Requests that arrived in each second, refused ones included. */
  readonly arrivals: readonly number[]
  readonly refused: readonly number[]
  /** Seconds that hosts spent without valid credentials after the first hour. */
  readonly hostSecondsWithout: number
}

/** Each host asks, backs off while refused, and asks again when its session is to be replaced. */
function simulate(jitter: boolean, random: () => number): Result {
  const seconds = HOURS * 3600
  const due: number[][] = Array.from({ length: seconds }, () => [])
  const hosts = Array.from({ length: HOSTS }, () => ({
    expiresAt: 0,
    failures: 0,
    onSchedule: false,
  }))
  const plan = (host: number, atMs: number): void => {
    due[Math.ceil(atMs / 1000)]?.push(host)
  }
  for (let host = 0; host < HOSTS; host++) plan(host, random() * 60_000)

  const arrivals: number[] = []
  const refused: number[] = []
  let hostSecondsWithout = 0
  for (let second = 0; second < seconds; second++) {
    const now = second * 1000
    const callers = due[second] ?? []
    arrivals.push(callers.length)
    refused.push(Math.max(0, callers.length - QUOTA_PER_SECOND))
    for (const [place, id] of shuffled(callers, random).entries()) {
      const host = hosts[id]!
      if (place >= QUOTA_PER_SECOND) {
        host.failures += 1
        host.onSchedule = false
        const hasCredentials = host.expiresAt > now
        const delayMs = retryDelayMs({ failures: host.failures, hasCredentials }, random)
        plan(id, now + Math.max(1000, delayMs))
        continue
      }
      if (second > 3600) hostSecondsWithout += Math.max(0, (now - host.expiresAt) / 1000)
      const lifetime = { obtainedAt: now, expiresAt: now + LIFETIME_S * 1000 }
      const occasion = host.onSchedule ? 'onSchedule' : 'outOfTurn'
      plan(id, jitter ? nextRefreshAt(lifetime, occasion, random) : now + (LIFETIME_S * 1000) / 2)
      host.expiresAt = lifetime.expiresAt
      host.failures = 0
      host.onSchedule = true
    }
  }
  return { arrivals, refused, hostSecondsWithout }
}

/** The same fleet when the service refuses nobody: what the hosts ask for of themselves. */
function simulateUnlimited(jitter: boolean, random: () => number): readonly number[] {
  const arrivals: number[] = Array.from({ length: HOURS * 3600 }, () => 0)
  for (let host = 0; host < HOSTS; host++) {
    let at = random() * 60_000
    let occasion: 'outOfTurn' | 'onSchedule' = 'outOfTurn'
    while (at < HOURS * 3_600_000) {
      const second = Math.floor(at / 1000)
      arrivals[second] = (arrivals[second] ?? 0) + 1
      const lifetime = { obtainedAt: at, expiresAt: at + LIFETIME_S * 1000 }
      at = jitter ? nextRefreshAt(lifetime, occasion, random) : at + (LIFETIME_S * 1000) / 2
      occasion = 'onSchedule'
    }
  }
  return arrivals
}

/** The highest mean rate over any `window` seconds in a row, from second `from` on. */
function peakRate(arrivals: readonly number[], window: number, from: number): number {
  let peak = 0
  for (let start = from; start + window <= arrivals.length; start++) {
    let sum = 0
    for (let second = start; second < start + window; second++) sum += arrivals[second] ?? 0
    peak = Math.max(peak, sum / window)
  }
  return peak
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const row = (label: string, ...cells: readonly (number | string)[]): void => {
  const shown = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(1) : cell))
  console.log(label.padEnd(58), ...shown.map((cell) => cell.padStart(14)))
}

console.log(`${HOSTS} hosts started within one minute, sessions of ${LIFETIME_S} s, seed 1`)
row('', 'with jitter', 'without')
const free = [simulateUnlimited(true, seeded(1)), simulateUnlimited(false, seeded(1))] as const
row(
  'asked for, nobody refused: peak over 60 s, after 1 h (/s)',
  ...free.map((a) => peakRate(a, 60, 3600)),
)
row(
  'asked for, nobody refused: peak over 1 s, after 1 h (/s)',
  ...free.map((a) => peakRate(a, 1, 3600)),
)
const held = [simulate(true, seeded(1)), simulate(false, seeded(1))] as const
row(
  'quota 10/s kept: peak over 60 s, after 1 h (/s)',
  ...held.map((r) => peakRate(r.arrivals, 60, 3600)),
)
row('quota 10/s kept: requests refused after 1 h', ...held.map((r) => sum(r.refused.slice(3600))))
row(
  'quota 10/s kept: host-seconds without credentials, 1 h on',
  ...held.map((r) => r.hostSecondsWithout),
)
const rate = peakRate(free[0], 60, 3600)
console.log(
  `target: peak over 60 s with jitter below ${QUOTA_PER_SECOND}/s: ${rate < QUOTA_PER_SECOND ? 'held' : 'MISSED'} (${rate.toFixed(2)}/s)`,
)
process.exitCode = rate < QUOTA_PER_SECOND ? 0 : 1
