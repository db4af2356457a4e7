/**
 * A1: `aws configure set`, which knows no locks, while we write the same file.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionCredentials } from '../../src/core/credentials.ts'
import { writeProfile } from '../../src/outputs/credentials-file/write-profile.ts'
import { missing, sleep, type FaultRow } from './row.ts'

const ROUNDS = Number(process.env['ROLESANYWHERE_FAULT_AWS_ROUNDS'] ?? '1000')

/** Starts of the whole program, which take a second each. */
const PROGRAM_RUNS = 10

const AWS_CONFIGURE = join(import.meta.dirname, 'aws-configure.py')

const OLD = '# kept\n[old]\naws_access_key_id = OLD\n'

export const AWS_CLI_ROW: FaultRow = {
  id: 'A1',
  what: `the writer of the AWS CLI sets a key of another profile ${ROUNDS} times, the CLI itself ${PROGRAM_RUNS} times, while we write without a pause`,
  target: '0 of theirs lost, 0 of ours, everybody else untouched',
  needs: missing('aws', 'python3'),
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'ra-aws-'))
    const path = join(folder, 'credentials')
    try {
      writeFileSync(path, OLD, { mode: 0o600 })
      const ours = new Writer(path)
      const lost = await ours.during(async () => {
        const lostInProcess = await printedBy('python3', [AWS_CONFIGURE, path, String(ROUNDS)])
        return Number(lostInProcess) + (await lostByProgram(path))
      })
      const text = readFileSync(path, 'utf8')
      return {
        figure: `${lost} of theirs lost, ${ours.lost} of ${ours.written} of ours, ${text.startsWith(OLD) ? 'the rest untouched' : 'THE REST CHANGED'}`,
        held: lost === 0 && ours.lost === 0 && ours.written > 0 && text.startsWith(OLD),
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function lostByProgram(path: string): Promise<number> {
  let lost = 0
  for (let run = 0; run < PROGRAM_RUNS; run += 1) {
    const value = `AKIAPROGRAM${run}`
    const args = ['configure', 'set', 'aws_access_key_id', value, '--profile', 'theirs']
    await printedBy('aws', args, { AWS_SHARED_CREDENTIALS_FILE: path })
    await sleep(2)
    if (!readFileSync(path, 'utf8').includes(value)) lost += 1
  }
  return lost
}

async function printedBy(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const [status] = (await ended) as [number | null]
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}`)
  return printed
}

/** Us, as fast as the file can be had. */
class Writer {
  written = 0
  /** How often what we wrote was gone when we came back. */
  lost = 0
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController()
    const writing = (async () => {
      while (!over.signal.aborted) {
        await this.#write()
        await sleep(2)
      }
    })()
    try {
      return await work()
    } finally {
      over.abort()
      await writing
    }
  }

  async #write(): Promise<void> {
    if (this.written > 0 && !this.#holds(this.written - 1)) this.lost += 1
    const mark = String(this.written)
    const credentials = new SessionCredentials({
      accessKeyId: `ASIA-${mark}-`,
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiresAt: 0,
      accountId: '111122223333',
      roleArn: 'arn:aws:iam::111122223333:role/x',
    })
    const ports = {
      clock: Date.now,
      random: Math.random,
      wait: (ms: number) => sleep(ms),
      reporter: { warn: () => undefined, debug: () => undefined },
      uid: process.getuid?.() ?? 0,
    }
    await writeProfile({ path: this.#path, profile: 'demo', credentials }, ports)
    this.written += 1
  }

  /** While somebody else has just cut the file off, nothing can be said. */
  #holds(mark: number): boolean {
    const text = readFileSync(this.#path, 'utf8')
    return !text.endsWith('\n') || text.includes(`ASIA-${mark}-`)
  }
}
