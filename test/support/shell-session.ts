/**
 * An interactive shell, driven as a person does; see shell-session.py.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface ShellSession {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** What the shell shows when it waits for a line. */
  readonly prompt: string
  /** Tabs included; the last one has to end the shell. */
  readonly lines: readonly string[]
}

/** All that appeared on the terminal. */
export async function typeInShell(session: ShellSession): Promise<string> {
  const python = promisify(execFile)('python3', [join(import.meta.dirname, 'shell-session.py')])
  python.child.stdin?.end(JSON.stringify(session))
  const { terminal, linesLeft } = JSON.parse((await python).stdout) as {
    terminal: string
    linesLeft: number
  }
  if (linesLeft > 0) throw new Error(`${linesLeft} lines were not asked for:\n${terminal}`)
  return terminal
}
