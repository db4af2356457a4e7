/**
 * Runs the real executable as a child process, as an SDK or a shell would.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const EXECUTABLE: string = join(import.meta.dirname, '../../bin/rolesanywhere.js')

export interface CliResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Buffer
  readonly cwd?: string
  /** Extra descriptors from 3 upwards. */
  readonly extraStdio?: readonly number[]
  /** How the executable is started; default `node bin/rolesanywhere.js`. */
  readonly launcher?: readonly [string, ...string[]]
  /** Ends a run that hangs, in milliseconds; default 20,000. */
  readonly limitMs?: number
}

/** Nothing of the caller's environment but PATH, so that its AWS settings cannot change a result. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const [program, ...first] = options.launcher ?? [process.execPath, EXECUTABLE]
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe', ...(options.extraStdio ?? [])],
    timeout: options.limitMs ?? 20_000,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.stdin ?? '')
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      resolve({
        exitCode,
        signal,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      })
    })
  })
}
