/**
 * Runs the executable on a terminal of its own; see on-terminal.py.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PROGRAM } from './run-cli.ts'

/** Waits for a text in one place; then types, control characters included, or sends a signal. */
export type TerminalStep = {
  readonly place: 'terminal' | 'stdout' | 'stderr'
  readonly text: string
} & ({ readonly type: string } | { readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' })

export interface TerminalResult {
  /** Negative for a signal that ended it. */
  readonly exitCode: number
  readonly timedOut: boolean
  /** All that appeared on the terminal. */
  readonly terminal: string
  readonly stdout: string
  readonly stderr: string
  /** Steps whose text never appeared. */
  readonly stepsLeft: number
  /** For each step that was taken: whether the terminal showed what was typed at that moment. */
  readonly echo: readonly boolean[]
  /** Whether the terminal's modes were in the end what they had been. */
  readonly restored: boolean
}

export async function runOnTerminal(
  args: readonly string[],
  steps: readonly TerminalStep[],
  env: Readonly<Record<string, string>> = {},
): Promise<TerminalResult> {
  const request = {
    argv: [...PROGRAM, ...args],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    steps: steps.map((step) =>
      'signal' in step ? { ...step, signal: constants.signals[step.signal] } : step,
    ),
  }
  const python = promisify(execFile)('python3', [join(import.meta.dirname, 'on-terminal.py')])
  python.child.stdin?.end(JSON.stringify(request))
  return JSON.parse((await python).stdout) as TerminalResult
}
