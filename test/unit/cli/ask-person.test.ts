import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { askPerson } from '../../../src/cli/prompt/ask-person.ts'
import type { PromptPorts } from '../../../src/cli/prompt/prompt-ports.ts'
import { scriptedPinentry } from '../../support/scripted-pinentry.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ask-person-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** A person who has 50 ms. */
function ports(env: PromptPorts['env']): PromptPorts {
  return {
    env: { PATH: process.env['PATH'], ...env },
    clock: () => 0,
    random: () => 0,
    wait: async () => Promise.resolve(),
    signal: new AbortController().signal,
    timeoutMs: 50,
  }
}

it('does not wait for ever for a pinentry that hangs', async () => {
  const pinentry = scriptedPinentry(folder)
  await expect(
    askPerson('PIN: ', { way: 'pinentry' }, ports(pinentry.env('silence'))),
  ).rejects.toMatchObject({
    code: 'ERR_CONFIG_SECRET_UNAVAILABLE',
    message: 'nobody answered pinentry within 0.05 s',
  })
})

it('does not wait for ever for an SSH_ASKPASS program that hangs', async () => {
  const program = join(folder, 'askpass')
  writeFileSync(program, '#!/bin/sh\nexec sleep 60\n')
  chmodSync(program, 0o755)
  await expect(
    askPerson('PIN: ', { way: 'askpass' }, ports({ SSH_ASKPASS: program })),
  ).rejects.toMatchObject({
    code: 'ERR_CONFIG_SECRET_UNAVAILABLE',
    message: 'the answer of SSH_ASKPASS did not come within 0.05 s',
  })
})

it('asks nobody once the program is told to end', async () => {
  const signal = AbortSignal.abort('SIGTERM')
  await expect(
    askPerson('PIN: ', { way: 'askpass' }, { ...ports({}), signal }),
  ).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
})
