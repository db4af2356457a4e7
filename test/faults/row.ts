/**
 * One fault or load: its identifier in reliability.md, its target, and what was measured.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { runCli, type CliOptions, type CliResult } from '../support/run-cli.ts'

export interface FaultRow {
  /** As in reliability.md section 6: `L1`. Rows of our own have letters that are free there. */
  readonly id: string
  readonly what: string
  readonly target: string
  /** Why this machine cannot run it; undefined when it can. */
  readonly needs?: string | undefined
  /** Run only when asked for by name: it takes an hour. */
  readonly isOnlyByName?: true
  run(): Promise<Measured>
}

export interface Measured {
  readonly figure: string
  readonly held: boolean
}

/** Several cases under one row: how many did what they must, and what the others did. */
export function verdictOf(
  cases: readonly (readonly [name: string, problem: string | undefined])[],
  more = '',
): Measured {
  const wrong = cases.filter(([, problem]) => problem !== undefined)
  const said = wrong.map(([name, problem]) => `; ${name}: ${problem ?? ''}`).join('')
  return {
    figure: `${cases.length - wrong.length} of ${cases.length}${more}${said}`,
    held: wrong.length === 0,
  }
}

/** The first of these programs that is not on PATH. */
export function missing(...programs: readonly string[]): string | undefined {
  return programs.find((program) => spawnSync('which', [program]).status !== 0)
}

export const isRoot: boolean = process.getuid?.() === 0

export interface TimedResult extends CliResult {
  readonly seconds: number
}

/** One run of the executable, and how long it took. */
export async function timedRun(
  args: readonly string[],
  options: CliOptions = {},
): Promise<TimedResult> {
  const startedAt = performance.now()
  const result = await runCli(args, { limitMs: 90_000, ...options })
  return { ...result, seconds: (performance.now() - startedAt) / 1000 }
}

/** What is wrong with a run that should have been refused: nothing, when stdout is empty and so on. */
export function problemWith(
  { exitCode, stdout, stderr, seconds }: TimedResult,
  expected: {
    readonly exitCodes: readonly number[]
    readonly limit: number
    readonly says?: RegExp
  },
): string | undefined {
  const problems = [
    stdout.length === 0 ? '' : `${stdout.length} bytes on stdout`,
    expected.exitCodes.includes(exitCode ?? -1) ? '' : `exit code ${String(exitCode)}`,
    seconds <= expected.limit ? '' : `${seconds.toFixed(1)} s`,
    expected.says?.test(stderr) === false ? `says ${stderr.trim()}` : '',
    // A signature of ours, or what is left of one.
    /[0-9a-f]{128}/.test(stderr) ? 'a signature in the message' : '',
  ].filter((problem) => problem !== '')
  return problems.length === 0 ? undefined : problems.join(', ')
}

export const slowest = (runs: readonly { readonly seconds: number }[]): string =>
  `slowest ${Math.max(...runs.map(({ seconds }) => seconds)).toFixed(1)} s`

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
