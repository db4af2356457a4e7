/**
 * A program that is asked to stop before it has anything: it ends at once, with 128 + n, and starts
 * nothing more.
 *
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { runMain } from '../support/fake-system.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { startCli } from '../support/run-cli.ts'

let stage: Stage
let client: StagedIdentity

beforeAll(async () => {
  stage = await openStage()
  client = await stage.issue('client')
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** A command whose first request is never answered, sent `signal` when that request has arrived. */
async function stopped(
  command: readonly string[],
  signal: NodeJS.Signals,
  behind: readonly string[] = [],
): ReturnType<typeof startCli>['result'] {
  const arrived = Promise.withResolvers<undefined>()
  const endpoint = await stage.emulate({
    faults: ['silence'],
    onRequest: () => {
      arrived.resolve(undefined)
    },
  })
  const flags = [...client.flags, ...ARN_FLAGS, '--endpoint', endpoint.url]
  const env = { AWS_SHARED_CREDENTIALS_FILE: join(stage.folder, 'credentials') }
  const { child, result } = startCli([...command, ...flags, ...behind], { env })
  await arrived.promise
  child.kill(signal)
  return await result
}

describe('while the first credentials are fetched', () => {
  const serve = (): string[] => ['serve', '--port', '0', '--token-folder', stage.folder]
  it.each([
    ['serve', serve, []],
    ['update', () => ['update', '--profile', 'x'], []],
    ['update --once', () => ['update', '--profile', 'x', '--once'], []],
    ['exec', () => ['exec'], ['--', 'sh', '-c', 'echo started']],
    ['exec --server', () => ['exec', '--server'], ['--', 'sh', '-c', 'echo started']],
    ['env', () => ['env'], []],
  ])('%s ends with 143 on SIGTERM and 130 on SIGINT', async (_name, command, behind) => {
    for (const [signal, exitCode] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const ended = await stopped(command(), signal, behind)
      expect(ended).toMatchObject({ exitCode, signal: null, stdout: Buffer.alloc(0) })
      expect(ended.stderr).toMatch(/\[ERR_CANCELLED\]\n$/u)
    }
    expect(existsSync(join(stage.folder, 'credentials'))).toBe(false)
  })
})

describe('exec, once it has credentials', () => {
  it('starts nothing when it was stopped while it asked about its terminal', async () => {
    const endpoint = await stage.emulate()
    const stop = new AbortController()
    const started = join(stage.folder, 'started')
    const ended = await runMain(
      [
        ...['exec', ...client.flags, ...ARN_FLAGS, '--endpoint', endpoint.url],
        ...['--', 'touch', started],
      ],
      {
        env: { PATH: process.env['PATH'] },
        signal: stop.signal,
        clock: Date.now,
        async isTerminal() {
          stop.abort('SIGTERM')
          return Promise.resolve(false)
        },
      },
    )
    expect(ended).toMatchObject({ exitCode: 143, stdout: '' })
    expect(ended.stderr).toMatch(/\[ERR_CANCELLED\]\n$/u)
    expect(endpoint.requestCount).toBe(1)
    expect(existsSync(started)).toBe(false)
  })

  it.skipIf(!hasProgram('python3'))('ends at the question for a password', async () => {
    const endpoint = await stage.emulate()
    const key = createPrivateKey(client.privateKeyPem).export({
      ...({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const),
    })
    const started = join(stage.folder, 'started-too')
    const ended = await runOnTerminal(
      [
        ...['exec', '--certificate', client.certificatePath],
        ...['--private-key', stage.write('encrypted.key', key.toString())],
        ...['--key-password', 'prompt', ...ARN_FLAGS, '--endpoint', endpoint.url],
        ...['--', 'touch', started],
      ],
      [{ place: 'terminal', text: 'the password of', signal: 'SIGTERM' }],
    )
    expect(ended).toMatchObject({ exitCode: 143, timedOut: false, restored: true, stepsLeft: 0 })
    expect(ended.stderr).toMatch(/\[ERR_CANCELLED\]\n$/u)
    expect(existsSync(started)).toBe(false)
  })
})
