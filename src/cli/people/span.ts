/**
 * Spans of time as people say them.
 *
 * @module
 */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]

/**
 * The largest unit that says something, and the next one where it says something too: `12 d 4 h`, `59 min`,
 * `45 s`. Always rounded down; less than a second is `0 s`.
 *
 * @param ms - 0 or more
 */
export function spanInWords(ms: number): string {
  const first = UNITS.findIndex(([, unit]) => ms >= unit)
  if (first === -1) return '0 s'
  let rest = ms
  const parts: string[] = []
  for (const [name, unit] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / unit)
    rest -= count * unit
    if (count > 0) parts.push(`${count} ${name}`)
  }
  return parts.join(' ')
}

/** `in 3 h` or `5 min ago`. */
export function relativeInWords(instant: number, now: number): string {
  return instant >= now ? `in ${spanInWords(instant - now)}` : `${spanInWords(now - instant)} ago`
}
