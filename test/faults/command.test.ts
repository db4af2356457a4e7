/**
 * A signer command that never ends, with processes of its own: none of them outlives us.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { PROGRAM } from '../support/run-cli.ts'

/** Tells the numbers of three: the shell, its child, and a child of a child that has ended its own. */
const COMMAND = [
  '(sleep 300; true) & echo "pid $!" >&2',
  'sleep 300 & echo "pid $!" >&2',
  'echo "pid $$" >&2; echo ready >&2; wait',
].join('; ')

let stage: Stage
let client: StagedIdentity
beforeAll(async () => {
  stage = await openStage()
  client = await stage.issue('client')
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

const args = (): readonly string[] => [
  ...['credential-process', '--certificate', client.certificatePath],
  ...['--signer-command', COMMAND, ...ARN_FLAGS, '--endpoint', 'http://127.0.0.1:1'],
]

function pidsIn(text: string): readonly number[] {
  return [...text.matchAll(/^pid (\d+)$/gmu)].map(([, pid]) => Number(pid))
}

/** Dead ones may stay in the table, where nobody looks after them. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('what a signer command started', () => {
  it('ends with us on SIGTERM, without a terminal', async () => {
    const [program, ...first] = PROGRAM
    // A session of its own has no terminal, wherever the tests are run.
    const child = spawn(program, [...first, ...args()], {
      detached: true,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
      const wasReady = stderr.includes('ready\n')
      stderr += chunk.toString()
      if (!wasReady && stderr.includes('ready\n')) child.kill('SIGTERM')
    }
    if (child.exitCode === null) await once(child, 'close')
    expect(child.exitCode).toBe(143)
    expect(pidsIn(stderr)).toHaveLength(3)
    expect(pidsIn(stderr).filter(isRunning)).toEqual([])
  })

  it.skipIf(!hasProgram('python3'))('ends with us on SIGTERM, at a terminal', async () => {
    const { exitCode, stderr } = await runOnTerminal(args(), [
      { place: 'stderr', text: 'ready\n', signal: 'SIGTERM' },
    ])
    expect(exitCode).toBe(143)
    expect(pidsIn(stderr)).toHaveLength(3)
    expect(pidsIn(stderr).filter(isRunning)).toEqual([])
  })

  it.skipIf(!hasProgram('python3'))('can ask on the terminal while it runs', async () => {
    const command = 'printf "finger? " > /dev/tty; read answer < /dev/tty; echo "got $answer" >&2'
    const flags = args().map((arg) => (arg === COMMAND ? command : arg))
    const { stderr } = await runOnTerminal(flags, [
      { place: 'terminal', text: 'finger? ', type: 'yes\n' },
    ])
    expect(stderr).toContain('got yes\n')
  })
})
