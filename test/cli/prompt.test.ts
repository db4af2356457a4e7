/**
 * Asking a person without a terminal: pinentry, SSH_ASKPASS, and nobody.
 *
 * @see user-pain.md row 26
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, credentialsIn, openStage, type Stage } from '../support/cli-stage.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { PROGRAM, runCli, startCli, type CliResult } from '../support/run-cli.ts'
import { scriptedPinentry, type ScriptedPinentry } from '../support/scripted-pinentry.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const PASSWORD = 'correct % "horse" é'
const CANCELLED = 'refuse 83886179 Operation cancelled <Pinentry>'

let stage: Stage
let url: string
let keyPath: string
let command: readonly string[]
let pinentry: ScriptedPinentry

beforeAll(async () => {
  stage = await openStage()
  url = (await stage.emulate()).url
  const { certificatePath, privateKeyPem } = await stage.issue('client')
  const encrypted = createPrivateKey(privateKeyPem).export({
    ...({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc' } as const),
    passphrase: PASSWORD,
  })
  keyPath = stage.write('encrypted.key', encrypted.toString())
  const identity = ['--certificate', certificatePath, '--private-key', keyPath]
  command = ['credential-process', ...identity, ...ARN_FLAGS, '--endpoint', url]
})
beforeEach(() => {
  pinentry = scriptedPinentry(mkdtempSync(join(stage.folder, 'pinentry-')))
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

type Env = Readonly<Record<string, string>>
const launcher = ['setsid', '--wait', ...PROGRAM] as const

/** As an IDE runs it: in no terminal's session. */
async function withoutTerminal(args: readonly string[], env: Env): Promise<CliResult> {
  return await runCli(args, { launcher, env })
}

function askpass(body: string): Env {
  const program = stage.write('askpass', `#!/bin/sh\n${body}\n`)
  chmodSync(program, 0o755)
  return { SSH_ASKPASS: program, SECRET: PASSWORD }
}

describe('pinentry', () => {
  it('asks where there is a display and no terminal, and the answer opens the key', async () => {
    const env = { ...pinentry.env(`answer ${PASSWORD}`), DISPLAY: ':0', LANG: 'C.UTF-8' }
    const result = await withoutTerminal(command, env)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
    expect(pinentry.heard()).toEqual([
      'OPTION lc-ctype=C.UTF-8',
      'SETTIMEOUT 119',
      'SETTITLE rolesanywhere',
      `SETDESC rolesanywhere needs the password of "${keyPath}"`,
      'SETPROMPT Password:',
      'GETPIN',
    ])
  })

  it.each([
    ['the flag', ['--prompt', 'pinentry'], {}],
    ['the variable', [], { ROLESANYWHERE_PROMPT: 'pinentry' }],
  ])('is chosen by %s, display or not', async (_place, flags, chosen) => {
    const env = { ...pinentry.env(`answer ${PASSWORD}`), ...chosen }
    expect(credentialsIn(await withoutTerminal([...command, ...flags], env))).toBeDefined()
  })

  it('is chosen by a profile', async () => {
    const config = stage.write('config', '[profile asks]\nrolesanywhere_prompt = pinentry\n')
    const env = { ...pinentry.env(`answer ${PASSWORD}`), AWS_CONFIG_FILE: config }
    const result = await withoutTerminal([...command, '--profile', 'asks'], env)
    expect(credentialsIn(result)).toBeDefined()
  })

  it('is left by its Cancel, as by Ctrl-C', async () => {
    const result = await withoutTerminal(
      [...command, '--prompt', 'pinentry'],
      pinentry.env(CANCELLED),
    )
    expect(result).toMatchObject({ exitCode: 130, stdout: Buffer.alloc(0) })
    expect(result.stderr).toBe(
      'rolesanywhere: error: cancelled in the window of pinentry [ERR_CANCELLED]\n',
    )
  })

  it.each([
    [
      'refuse 83918950 Inappropriate ioctl for device <Pinentry>',
      /pinentry failed: Inappropriate ioctl for device <Pinentry>, error 83918950: the password/u,
    ],
    ['refuse 83886142 Timeout <Pinentry>', /nobody answered pinentry within 120 s: the password/u],
    [
      `garbage ${PASSWORD}`,
      /pinentry cannot be used: it does not speak the protocol: the password/u,
    ],
    ['leave', /pinentry cannot be used: it ended before it answered: the password/u],
  ])('fails by name, and nothing that it wrote out of place is shown: %s', async (script, said) => {
    const args = [...command, '--key-password', 'prompt', '--prompt', 'pinentry', '--debug']
    const result = await withoutTerminal(args, pinentry.env(script))
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(said)
    expect(result.stderr).toMatch(/\[ERR_CONFIG_SECRET_UNAVAILABLE\]\nhint: give it by file:PATH/u)
    expect(result.stderr).not.toContain(PASSWORD)
  })

  it('is not waited for after SIGTERM', async () => {
    const args = [...command, '--prompt', 'pinentry']
    const { child, result } = startCli(args, { env: pinentry.env('silence') })
    while (!pinentry.heard().includes('GETPIN')) await new Promise(setImmediate)
    child.kill('SIGTERM')
    expect(await result).toMatchObject({ exitCode: 143, stdout: Buffer.alloc(0) })
  })

  it('asks for one run after the other, never for two at once', async () => {
    const env = { ...pinentry.env(`answer ${PASSWORD}`), XDG_RUNTIME_DIR: stage.folder }
    const runs = Array.from({ length: 4 }, async () =>
      withoutTerminal([...command, '--prompt', 'pinentry'], env),
    )
    for (const run of runs) expect(credentialsIn(await run)).toBeDefined()
    expect(pinentry.heard().filter((line) => line === 'GETPIN')).toHaveLength(4)
    expect(pinentry.heard()).not.toContain('overlap')
  })

  it('asks one question for all runs that start together and share a cache', async () => {
    const cache = mkdtempSync(join(stage.folder, 'cache-'))
    const args = [...command, '--prompt', 'pinentry', '--cache', '--cache-dir', cache]
    const env = { ...pinentry.env(`answer ${PASSWORD}`), XDG_RUNTIME_DIR: stage.folder }
    const runs = Array.from({ length: 4 }, async () => withoutTerminal(args, env))
    for (const run of runs) expect(credentialsIn(await run)).toBeDefined()
    expect(pinentry.heard().filter((line) => line === 'GETPIN')).toHaveLength(1)
  })

  it.skipIf(!hasSoftToken)('is told why it asks for the PIN of a token again', async () => {
    using tokens = new SoftTokens()
    tokens.addToken('desk')
    const { certificatePem, privateKeyPem } = await stage.issue('on-token')
    tokens.addCertificate('desk', certificatePem, { id: '01', label: 'desk' })
    tokens.addKey('desk', privateKeyPem, { id: '01', label: 'desk' })
    const env = { ...pinentry.env('answer 9999', `answer ${PIN}`), ...tokens.env }
    const flags = ['--certificate', 'pkcs11:token=desk', '--pkcs11-lib', SOFTHSM]
    const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', url]
    const result = await withoutTerminal([...args, '--prompt', 'pinentry'], env)
    expect(credentialsIn(result)).toBeDefined()
    const heard = pinentry.heard()
    expect(heard.filter((line) => line === 'SETPROMPT PIN:')).toHaveLength(2)
    expect(heard.filter((line) => line.startsWith('SETERROR '))).toEqual([
      expect.stringMatching(/token "desk".*PIN/u),
    ])
    expect(heard.join('\n')).not.toContain(PIN)
  })
})

describe('a pinentry of Debian', () => {
  const usable = hasProgram('python3') && hasProgram('pinentry-tty')

  it.skipIf(!usable)('asks on the terminal in its own way', async () => {
    const bin = mkdtempSync(join(stage.folder, 'debian-'))
    symlinkSync('/usr/bin/pinentry-tty', join(bin, 'pinentry'))
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, TERM: 'vt100', LANG: 'C.UTF-8' }
    const args = [...command, '--prompt', 'pinentry']
    const step = { place: 'terminal', text: 'Password:', type: `${PASSWORD}\r` } as const
    const run = await runOnTerminal(args, [step], env)
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: '',
      stepsLeft: 0,
      echo: [false],
      restored: true,
    })
    expect(run.terminal).toContain(`rolesanywhere needs the password of "${keyPath}"`)
    expect(run.terminal).not.toContain(PASSWORD)
  })
})

describe('SSH_ASKPASS', () => {
  it('is given the question and no more, and gives the answer', async () => {
    const heard = join(stage.folder, 'askpass-heard')
    const env = askpass(`printf '%s|' "$@" > '${heard}'; printf '%s\\n' "$SECRET"`)
    const result = await withoutTerminal([...command, '--prompt', 'askpass'], env)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(readFileSync(heard, 'utf8')).toBe(`the password of "${keyPath}": |`)
  })

  it('is left by its Cancel', async () => {
    const result = await withoutTerminal([...command, '--prompt', 'askpass'], askpass('exit 1'))
    expect(result).toMatchObject({ exitCode: 130 })
    expect(result.stderr).toContain('cancelled in the window of SSH_ASKPASS [ERR_CANCELLED]\n')
  })

  it.each([
    ['that fails', () => askpass('echo "$SECRET"; exit 5'), 'it exited with 5'],
    ['that is not set', () => ({}), 'SSH_ASKPASS is not set'],
    ['that is no program', () => ({ SSH_ASKPASS: '/nonexistent' }), 'no program that can be run'],
  ])('%s is said by name', async (_name, makeEnv, said) => {
    const args = [...command, '--key-password', 'prompt', '--prompt', 'askpass']
    const result = await withoutTerminal(args, makeEnv())
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toContain(said)
    expect(result.stderr).not.toContain(PASSWORD)
  })
})

describe('nobody is asked', () => {
  const asking = (): readonly string[] => [...command, '--key-password', 'prompt']

  it('with none, display or not', async () => {
    const env = { ...pinentry.env(`answer ${PASSWORD}`), DISPLAY: ':0' }
    const result = await withoutTerminal([...asking(), '--prompt', 'none'], env)
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toContain('error: --prompt none says that nobody is to be asked: ')
    expect(pinentry.heard()).toEqual([])
  })

  it('without terminal and display, and the way out is said', async () => {
    const result = await withoutTerminal(asking(), pinentry.env(`answer ${PASSWORD}`))
    expect(result.stderr).toMatch(
      /there is no terminal to ask on: the password .+\nhint: give it by file:PATH.+; where there is a display, --prompt pinentry asks in a window\n$/u,
    )
    expect(pinentry.heard()).toEqual([])
  })

  it('without a pinentry on PATH', async () => {
    const bare = { PATH: stage.folder, WAYLAND_DISPLAY: 'wayland-0' }
    const result = await runCli(asking(), {
      launcher: ['/usr/bin/setsid', '--wait', ...PROGRAM],
      env: bare,
    })
    expect(result.stderr).toContain('there is no terminal to ask on, and no pinentry on PATH: ')
    expect(result.stderr).toContain('install a pinentry, or use --prompt askpass with SSH_ASKPASS')
  })
})
