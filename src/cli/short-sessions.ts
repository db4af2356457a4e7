/**
 * A word about sessions that are too short for clients of the metadata service.
 *
 * @module
 */

import type { Reporter } from '../core/ports.ts'
import { says, setting } from '../core/wording.ts'
import { SHORT_FOR_IMDS_MS } from '../session/refresh-policy.ts'

/** Told how long each new session lasts, in milliseconds; says it once. */
export function warnOfShortSessions(reporter: Reporter): (lifetimeMs: number) => void {
  let isSaid = false
  return (lifetimeMs) => {
    if (isSaid || lifetimeMs >= SHORT_FOR_IMDS_MS - LATENESS_MS) return
    isSaid = true
    reporter.warn(
      `sessions of ${Math.round(lifetimeMs / 60_000)} min are short for clients of the IMDS endpoint: ` +
        'they want more than ten minutes to be left, so AWS is asked every few minutes',
      {
        hint: says`ask for 25 minutes or more with ${setting('sessionDuration', '1500')}, or have clients use the container endpoint`,
      },
    )
  }
}

/** What a session has lost of its life when it gets here. */
const LATENESS_MS = 30_000
