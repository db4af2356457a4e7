/**
 * Runs the real executable as a child process, as an SDK or a shell would.
 *
 * @module
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'

export const EXECUTABLE: string = join(import.meta.dirname, '../../bin/rolesanywhere.js')

/** The one-file executable in place of Node and the launcher: `npm run test:binary`. */
export const ONE_FILE: string | undefined = process.env['ROLESANYWHERE_EXECUTABLE']

/** How the program is started. */
export const PROGRAM: readonly [string, ...string[]] =
  ONE_FILE === undefined ? [process.execPath, EXECUTABLE] : [ONE_FILE]

export interface CliResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Default: nothing, and closed. `null` leaves it open. */
  readonly stdin?: string | Buffer | null
  readonly cwd?: string
  /** A descriptor to write to in place of the pipe that is read here. */
  readonly stdout?: number
  /** Extra descriptors from 3 upwards. */
  readonly extraStdio?: readonly number[]
  /** How the executable is started; default `PROGRAM`. */
  readonly launcher?: readonly [string, ...string[]]
  /** Ends a run that hangs, in milliseconds; default 20,000. */
  readonly limitMs?: number
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
}

/** Runs the executable to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return await startCli(args, options).result
}

/** Starts the executable, for tests that do something to it while it runs. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const [program, ...first] = options.launcher ?? PROGRAM
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd,
    env: { ...BARE_ENVIRONMENT, ...options.env },
    stdio: ['pipe', options.stdout ?? 'pipe', 'pipe', ...(options.extraStdio ?? [])],
    timeout: options.limitMs ?? 20_000,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin?.on('error', () => undefined)
  if (options.stdin !== null) child.stdin?.end(options.stdin ?? '')
  const result = new Promise<CliResult>((resolve, reject) => {
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
  return { child, result }
}

/** Connections are opened before it is known that a run will fail: none of a test leaves this machine. */
export const NO_WAY_OUT = { HTTPS_PROXY: 'http://127.0.0.1:9' } as const

/**
 * Nothing of the caller's environment but PATH, so that its AWS settings cannot change a result; the
 * node that runs the tests comes first there, since the system's own may be too old.
 */
const BARE_ENVIRONMENT = {
  PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  HOME: '/nonexistent',
  ...NO_WAY_OUT,
}
