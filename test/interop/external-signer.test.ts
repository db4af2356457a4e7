/**
 * The recipes of docs/keys.md for external signers, as far as their programs are here.
 */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, credentialsIn, openStage } from '../support/cli-stage.ts'
import { runCli } from '../support/run-cli.ts'

const RECIPE = join(import.meta.dirname, '../../docs/recipes/ssh-agent-sign.py')
const isReady = ['ssh-agent', 'ssh-add', 'ssh-keygen', 'python3'].every(hasProgram)

it.skipIf(!isReady)('a key in ssh-agent signs CreateSession', async () => {
  await using stage = await openStage()
  const emulator = await stage.emulate()
  const socket = join(stage.folder, 'agent.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  try {
    for (let attempt = 0; attempt < 200 && !existsSync(socket); attempt += 1) await setTimeout(25)
    const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: socket }
    for (const keyType of ['rsa', 'ec'] as const) {
      const { certificatePath, privateKeyPath } = await stage.issue(keyType, { keyType })
      execFileSync('ssh-add', ['-q', privateKeyPath], { env, stdio: 'pipe' })
      const publicKey = execFileSync('ssh-keygen', ['-y', '-f', privateKeyPath])
      const publicPath = stage.write(`${keyType}.pub`, publicKey)
      const result = await runCli(
        [
          ...['credential-process', '--certificate', certificatePath, ...ARN_FLAGS],
          ...['--signer-command', `${RECIPE} '${publicPath}'`, '--endpoint', emulator.url],
        ],
        { env: { SSH_AUTH_SOCK: socket } },
      )
      expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    }
  } finally {
    const ended = once(agent, 'exit')
    agent.kill()
    await ended
  }
})
