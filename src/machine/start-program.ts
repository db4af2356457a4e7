/**
 * Starts a foreign program that answers on its standard output, and can end it with all that it has started.
 *
 * @module
 */

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { endFamily, endGroup, hasTerminal } from './end-processes.ts'

export interface StartedProgram {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  /** Ends it with its descendants. */
  readonly end: () => void
}

export interface StartOptions {
  /** Of this process; what begins with `ROLESANYWHERE_` is ours and is not handed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stderr: 'inherit' | 'ignore'
}

/**
 * It stays in our session where there is a terminal, so that it can ask there, and has one of its own
 * elsewhere. Whether it started is told by the child's `error` and `close`.
 */
export function startProgram(
  [file, ...args]: readonly [string, ...string[]],
  { env, stderr }: StartOptions,
): StartedProgram {
  const detached = !hasTerminal()
  const child = spawn(file, args, {
    detached,
    env: withoutOurOwn(env),
    stdio: ['pipe', 'pipe', stderr],
  })
  // A program may end without reading; that is its own affair.
  child.stdin.on('error', () => undefined)
  return {
    child,
    end() {
      const { pid } = child
      if (pid === undefined) return
      if (detached) endGroup(pid)
      else endFamily(pid)
    },
  }
}

function withoutOurOwn(env: StartOptions['env']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('ROLESANYWHERE_')),
  )
}
