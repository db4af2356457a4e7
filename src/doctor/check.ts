/**
 * What a check of the doctor is: one row of a table, one question, one answer.
 *
 * @module
 */

import type { ErrorFamily, RolesAnywhereError } from '../core/errors.ts'
import type { Wording } from '../core/wording.ts'

/** `skipped`: what the check looks at is not there, or was not asked for. */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped'

export interface Verdict {
  readonly status: Status
  /** What was found, without a full stop. */
  readonly found: Wording
  /** What to do next; there for every warning and problem. */
  readonly next?: Wording
  /** Who can mend it, where that is not as for the check. */
  readonly family?: ErrorFamily
}

export interface Check<Facts> {
  /** What is looked at, as a few words in front of the finding. */
  readonly title: string
  /** What goes wrong later, and where, when it is not as it should be: for docs/doctor.md. */
  readonly otherwise: string
  /** Who can mend it; decides the exit code. */
  readonly family: ErrorFamily
  judge(facts: Facts): Verdict
}

/** A table of checks, by their ids. Those are stable: documents, scripts and tests name them. */
export type Checks<Facts> = Readonly<Record<string, Check<Facts>>>

/** A check's answer. */
export interface Finding extends Verdict {
  readonly id: string
  readonly title: string
  readonly family: ErrorFamily
}

export function ok(found: Wording): Verdict {
  return { status: 'ok', found }
}

export function warning(found: Wording, next: Wording): Verdict {
  return { status: 'warning', found, next }
}

export function problem(found: Wording, next: Wording): Verdict {
  return { status: 'problem', found, next }
}

/** What an error says, as the answer of the check that it belongs to. */
export function problemOf(error: RolesAnywhereError): Verdict {
  const { message, hint } = error.wording
  const next = hint ?? `docs/errors.md tells what ${error.code} means`
  return { status: 'problem', found: message, next, family: error.family }
}

export function skipped(why: Wording): Verdict {
  return { status: 'skipped', found: why }
}

/** Every check of one table, in its order. */
export function judgeAll<Facts>(checks: Checks<Facts>, facts: Facts): readonly Finding[] {
  return answers(checks, (check) => check.judge(facts))
}

/** Every check of one table when there is nothing to look at. */
export function skipAll<Facts>(checks: Checks<Facts>, why: Wording): readonly Finding[] {
  return answers(checks, () => skipped(why))
}

function answers<Facts>(
  checks: Checks<Facts>,
  answer: (check: Check<Facts>) => Verdict,
): readonly Finding[] {
  return Object.entries(checks).map(([id, check]) => ({
    id,
    title: check.title,
    family: check.family,
    ...answer(check),
  }))
}
