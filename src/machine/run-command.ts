/**
 * Runs the command of a `cmd:` secret or of an external signer, or a program that asks a person, and takes
 * what it writes. Loaded only when one is used.
 *
 * @module
 */

import { startProgram } from './start-program.ts'

/** Long enough to unlock a password manager, short enough for a service that starts. */
const COMMAND_TIMEOUT_MS = 30_000

export interface CommandOptions {
  /** Of this process; what begins with `ROLESANYWHERE_` is ours and is not handed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly maxBytes: number
  /** Ends the command, and with it the waiting. */
  readonly signal?: AbortSignal | undefined
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Written to standard input, which is closed then. Default: no standard input. */
  readonly input?: Uint8Array
}

/** Either what the command wrote, or why there is nothing to use. Neither names the command. */
export type CommandResult =
  { readonly output: Buffer } | { readonly problem: string; readonly exitCode?: number | undefined }

/** Runs `/bin/sh -c COMMAND`, as `runProgram` does. */
export async function runCommand(command: string, options: CommandOptions): Promise<CommandResult> {
  return await runProgram(['/bin/sh', '-c', command], options)
}

/**
 * Runs a program: standard error is our own, standard output is taken.
 *
 * One that does not end in time, or is not wanted any more, ends with all that it started.
 */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? COMMAND_TIMEOUT_MS
  const { child, end } = startProgram(argv, { env: options.env, stderr: 'inherit' })
  child.stdin.end(options.input)
  const ended = new Promise<CommandResult | undefined>((resolve) => {
    child.once('error', () => {
      resolve({ problem: `cannot be had: ${argv[0]} does not start` })
    })
    child.once('close', (code, signal) => {
      resolve(
        code === 0 ? undefined : { problem: failure(code, signal), exitCode: code ?? undefined },
      )
    })
  })
  const stopped = Promise.withResolvers<CommandResult>()
  const stop = (problem: string): void => {
    end()
    stopped.resolve({ problem })
  }
  const timer = setTimeout(() => {
    stop(`did not come within ${timeoutMs / 1000} s`)
  }, timeoutMs)
  const onAbort = (): void => {
    stop('was cancelled')
  }
  if (options.signal?.aborted === true) onAbort()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    chunks.push(chunk)
    if (size > options.maxBytes) {
      stop(`is longer than ${options.maxBytes} bytes`)
    }
  })
  try {
    const problem = await Promise.race([ended, stopped.promise])
    return problem ?? { output: Buffer.concat(chunks) }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
    child.stdout.destroy()
    for (const chunk of chunks) chunk.fill(0)
  }
}

function failure(code: number | null, signal: NodeJS.Signals | null): string {
  return code === null
    ? `cannot be had: it was ended by ${signal ?? 'a signal'}`
    : `cannot be had: it exited with ${code}`
}
