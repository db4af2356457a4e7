/**
 * Figures of a run, and the middle of many.
 *
 * @module
 */

/** Milliseconds, or what its row says, by the name of the row. */
export type Figures = ReadonlyMap<string, number>

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 0 ? (low + high) / 2 : high
}
