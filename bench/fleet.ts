/**
 * What jitter does to a fleet: 10,000 hosts with sessions of an hour, and 1,500 with sessions of 15
 * minutes, started within one minute, one CreateSession quota of 10 requests a second between them,
 * simulated with the policy that `serve` and `update` really use.
 *
 * Run it with `node bench/fleet.ts`. Time is simulated; a run takes a few seconds.
 *
 * @see IAM Roles Anywhere User Guide, "Quotas"; src/session/refresh-policy.ts
 * @module
 */

import { nextRefreshAt, retryDelayMs } from '../src/session/refresh-policy.ts'
import { seeded } from '../test/faults/row.ts'

const QUOTA_PER_SECOND = 10
const HOURS = 6

interface Fleet {
  readonly hosts: number
  /** Seconds. */
  readonly lifetime: number
}

const FLEETS: readonly Fleet[] = [
  { hosts: 10_000, lifetime: 3600 },
  { hosts: 1_500, lifetime: 900 },
]

interface Result {
  /** Requests that arrived in each second, refused ones included. */
  readonly arrivals: readonly number[]
  readonly refused: readonly number[]
  /** Seconds that hosts spent without valid credentials after the first hour. */
  readonly hostSecondsWithout: number
}

/** Each host asks, backs off while refused, and asks again when its session is to be replaced. */
function simulate({ hosts: count, lifetime: life }: Fleet, jitter: boolean): Result {
  const random = seeded(1)
  const seconds = HOURS * 3600
  const due: number[][] = Array.from({ length: seconds }, () => [])
  const hosts = Array.from({ length: count }, () => ({
    expiresAt: 0,
    failures: 0,
    onSchedule: false,
  }))
  const plan = (host: number, atMs: number): void => {
    due[Math.ceil(atMs / 1000)]?.push(host)
  }
  for (let host = 0; host < count; host++) plan(host, random() * 60_000)

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
      const lifetime = { obtainedAt: now, expiresAt: now + life * 1000 }
      const occasion = host.onSchedule ? 'onSchedule' : 'outOfTurn'
      plan(id, jitter ? nextRefreshAt(lifetime, occasion, random) : now + (life * 1000) / 2)
      host.expiresAt = lifetime.expiresAt
      host.failures = 0
      host.onSchedule = true
    }
  }
  return { arrivals, refused, hostSecondsWithout }
}

/** The same fleet when the service refuses nobody: what the hosts ask for of themselves. */
function simulateUnlimited({ hosts, lifetime: life }: Fleet, jitter: boolean): readonly number[] {
  const random = seeded(1)
  const arrivals: number[] = Array.from({ length: HOURS * 3600 }, () => 0)
  for (let host = 0; host < hosts; host++) {
    let at = random() * 60_000
    let occasion: 'outOfTurn' | 'onSchedule' = 'outOfTurn'
    while (at < HOURS * 3_600_000) {
      const second = Math.floor(at / 1000)
      arrivals[second] = (arrivals[second] ?? 0) + 1
      const lifetime = { obtainedAt: at, expiresAt: at + life * 1000 }
      at = jitter ? nextRefreshAt(lifetime, occasion, random) : at + (life * 1000) / 2
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

/** Prints the rows of one fleet; whether its peak stays below the quota. */
function report(fleet: Fleet): boolean {
  console.log(
    `${fleet.hosts} hosts started within one minute, sessions of ${fleet.lifetime} s, seed 1`,
  )
  row('', 'with jitter', 'without')
  const free = [simulateUnlimited(fleet, true), simulateUnlimited(fleet, false)] as const
  for (const window of [60, 1]) {
    row(
      `asked for, nobody refused: peak over ${window} s, after 1 h (/s)`,
      ...free.map((arrivals) => peakRate(arrivals, window, 3600)),
    )
  }
  const held = [simulate(fleet, true), simulate(fleet, false)] as const
  row(
    'quota 10/s kept: peak over 60 s, after 1 h (/s)',
    ...held.map(({ arrivals }) => peakRate(arrivals, 60, 3600)),
  )
  row(
    'quota 10/s kept: requests refused after 1 h',
    ...held.map(({ refused }) => sum(refused.slice(3600))),
  )
  row(
    'quota 10/s kept: host-seconds without credentials, 1 h on',
    ...held.map(({ hostSecondsWithout }) => hostSecondsWithout),
  )
  const rate = peakRate(free[0], 60, 3600)
  const isHeld = rate < QUOTA_PER_SECOND
  console.log(
    `target: peak over 60 s with jitter below ${QUOTA_PER_SECOND}/s: ${isHeld ? 'held' : 'MISSED'} (${rate.toFixed(2)}/s)\n`,
  )
  return isHeld
}

// Every fleet is shown, also after one that missed its target.
const verdicts = FLEETS.map(report)
process.exitCode = verdicts.every(Boolean) ? 0 : 1
