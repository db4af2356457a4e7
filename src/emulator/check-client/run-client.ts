/**
 * Runs a client command of any make and keeps what it did.
 *
 * @module
 */

import { spawn } from 'node:child_process'

export interface ClientRun {
  readonly stdout: Buffer
  readonly stderr: string
  /** Null when it was ended. */
  readonly exitCode: number | null
  /** Whether it had to be ended at its deadline. */
  readonly ended: boolean
}

export interface ClientOptions {
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly deadlineMs: number
  /** Ends the client. */
  readonly signal: AbortSignal
}

/** More than any client has to say. */
const MAX_OUTPUT_BYTES = 1_048_576

/** Runs `/bin/sh -c COMMAND` in a process group of its own, which ends with it. */
export async function runClient(command: string, options: ClientOptions): Promise<ClientRun> {
  const child = spawn('/bin/sh', ['-c', command], {
    env: options.env,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let ended = false
  const end = (): void => {
    ended = true
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The group is gone already.
    }
  }
  const timer = setTimeout(end, options.deadlineMs)
  options.signal.addEventListener('abort', end, { once: true })
  if (options.signal.aborted) end()
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { stdout: stdout(), stderr: stderr().toString('utf8'), exitCode, ended }
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', end)
  }
}

function collect(stream: NodeJS.ReadableStream): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size < MAX_OUTPUT_BYTES) chunks.push(chunk)
    size += chunk.length
  })
  return () => Buffer.concat(chunks)
}
