/**
 * One fault or load: its identifier in reliability.md, its target, and what was measured.
 *
 * @module
 */

export interface FaultRow {
  /** As in reliability.md section 6: `L1`. */
  readonly id: string
  readonly what: string
  readonly target: string
  /** Why this machine cannot run it; undefined when it can. */
  readonly needs?: string | undefined
  run(): Promise<Measured>
}

export interface Measured {
  readonly figure: string
  readonly held: boolean
}

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
