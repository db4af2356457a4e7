/**
 * What asking a person needs of the world, and how it fails.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { Wording } from '../../core/wording.ts'
import type { FileLockPorts } from '../../machine/file-lock.ts'

/** How long a person may take in a window, in milliseconds: nobody may sit before it. */
export const ANSWER_TIMEOUT_MS = 120_000

export interface PromptPorts extends FileLockPorts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** For an answer in a window. Default: `ANSWER_TIMEOUT_MS`. */
  readonly timeoutMs?: number
}

/** The choices of the setting `prompt`. */
export type PromptWay = 'tty' | 'pinentry' | 'askpass' | 'none'

export interface PromptOptions {
  /** Default: the terminal if there is one, else pinentry where there is a display. */
  readonly way?: PromptWay | undefined
  /** What was wrong with the last answer. On a terminal it has been said. */
  readonly problem?: string | undefined
}

/** Nobody can be asked, or nobody answers. The question is not in it: whoever put it adds that. */
export function unavailable(problem: Wording, hint?: Wording, cause?: unknown): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', problem, { hint, cause })
}

export function cancelled(message: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', message)
}
