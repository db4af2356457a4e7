/**
 * Encrypted keys: the password by every kind of source, and at the terminal.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARN_FLAGS, credentialsIn, openStage, replacing, type Stage } from '../support/cli-stage.ts'
import { hasProgram } from '../support/capabilities.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { PROGRAM, runCli, startCli, type CliOptions } from '../support/run-cli.ts'

const PASSWORD = 'correct horse: battery "staple" é'
const hasTerminals = hasProgram('python3')

let stage: Stage
let passwordFile: string
/** A command line that works once the key is opened. */
let command: readonly string[]
let question: string

beforeAll(async () => {
  stage = await openStage()
  const { url } = await stage.emulate()
  const { certificatePath, privateKeyPem } = await stage.issue('client')
  const encrypted = createPrivateKey(privateKeyPem).export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: PASSWORD,
  })
  const keyPath = stage.write('encrypted.key', encrypted.toString())
  passwordFile = stage.write('password', `${PASSWORD}\n`)
  question = `the password of "${keyPath}": `
  const identity = ['--certificate', certificatePath, '--private-key', keyPath]
  command = ['credential-process', ...identity, ...ARN_FLAGS, '--endpoint', url]
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('the password of a key', () => {
  const sources: [kind: string, setting: () => string, options: () => CliOptions][] = [
    ['env', () => 'env:KEY_PASSWORD', () => ({ env: { KEY_PASSWORD: PASSWORD } })],
    ['file', () => `file:${passwordFile}`, () => ({})],
    ['fd', () => 'fd:3', () => ({ extraStdio: [openSync(passwordFile, 'r')] })],
    ['stdin', () => 'stdin', () => ({ stdin: `${PASSWORD}\n` })],
    ['cmd', () => `cmd:cat '${passwordFile}'`, () => ({})],
    [
      'credential',
      () => 'credential:password',
      () => ({ env: { CREDENTIALS_DIRECTORY: stage.folder } }),
    ],
  ]

  it.each(sources)('comes by %s', async (_kind, setting, makeOptions) => {
    const options = makeOptions()
    const result = await runCli([...command, '--key-password', setting()], options)
    for (const descriptor of options.extraStdio ?? []) closeSync(descriptor)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
  })

  it('comes by the environment variable of the setting', async () => {
    const env = { ROLESANYWHERE_KEY_PASSWORD: `file:${passwordFile}` }
    expect(credentialsIn(await runCli(command, { env }))).toMatchObject({ Version: 1 })
  })

  it('comes by --pkcs8-password of the reference helper, with a warning', async () => {
    const result = await runCli([...command, '--pkcs8-password', PASSWORD])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toMatch(
      /^rolesanywhere: warning: --pkcs8-password shows the password .+\nhint: use --key-password .+\n$/u,
    )
  })

  it('is missed by name when nobody gives it', async () => {
    const result = await runCli(command)
    expect(result).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(
      /encrypted\.key".*\[ERR_KEY_PASSWORD_REQUIRED\]\nhint: .*--key-password/u,
    )
  })

  it('is called wrong when it is', async () => {
    const env = { KEY_PASSWORD: `${PASSWORD}x` }
    const result = await runCli([...command, '--key-password', 'env:KEY_PASSWORD'], { env })
    expect(result).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(/encrypted\.key".*\[ERR_KEY_PASSWORD_INCORRECT\]\nhint: /u)
    expect(result.stderr).not.toContain(PASSWORD)
  })

  it.each([
    ['stdin', 'debug: setting'],
    ['cmd:echo started >&2; exec sleep 60', 'started'],
  ])('is not waited for after SIGTERM: %s', async (source, sign) => {
    const args = [...command, '--key-password', source, '--debug']
    const { child, result } = startCli(args, { stdin: null })
    await appears(sign, child.stderr)
    child.kill('SIGTERM')
    expect(await result).toMatchObject({ exitCode: 143, stdout: Buffer.alloc(0) })
  })
})

describe('a question on the terminal', () => {
  const prompting = (): readonly string[] => [...command, '--key-password', 'prompt']
  const whenAsked = (): { place: 'terminal'; text: string } => ({
    place: 'terminal',
    text: question,
  })

  it.skipIf(!hasTerminals)('takes the answer unseen and leaves stdout to the result', async () => {
    const run = await runOnTerminal(prompting(), [{ ...whenAsked(), type: `${PASSWORD}\r` }])
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: '',
      terminal: `${question}\r\n`,
      echo: [false],
      restored: true,
    })
    expect(JSON.parse(run.stdout)).toMatchObject({ Version: 1 })
  })

  it.skipIf(!hasTerminals)('is put also where no password was named', async () => {
    const run = await runOnTerminal(command, [{ ...whenAsked(), type: `${PASSWORD}\r` }])
    expect(run).toMatchObject({ exitCode: 0, stderr: '', terminal: `${question}\r\n` })
  })

  it.skipIf(!hasTerminals)('is put also for a PKCS#12 file that needs a password', async () => {
    const { certificatePem, privateKeyPem } = await stage.issue('in-pkcs12')
    const pem = stage.write('in-pkcs12.both', `${certificatePem}${privateKeyPem}`)
    const path = join(stage.folder, 'client.p12')
    const exported = ['-passout', 'env:PASSWORD', '-in', pem, '-out', path]
    execFileSync('openssl', ['pkcs12', '-export', ...exported], {
      env: { ...process.env, PASSWORD },
    })
    const args = replacing(without(command, '--private-key'), '--certificate', path)
    const asks = `the password of "${path}": `
    const step = { place: 'terminal', text: asks, type: `${PASSWORD}\r` } as const
    const run = await runOnTerminal(args, [step])
    expect(run).toMatchObject({ exitCode: 0, terminal: `${asks}\r\n` })
  })

  it.skipIf(!hasTerminals)('can be corrected while it is typed', async () => {
    // Ctrl-U takes everything back, backspace one character of two bytes.
    const type = `wrong\u0015${PASSWORD}é\u007f\r`
    const run = await runOnTerminal(prompting(), [{ ...whenAsked(), type }])
    expect(run).toMatchObject({ exitCode: 0, terminal: `${question}\r\n` })
  })

  it.skipIf(!hasTerminals)('is left by Ctrl-C, as any program is', async () => {
    const type = `${PASSWORD}\u0003`
    const run = await runOnTerminal(prompting(), [{ ...whenAsked(), type }])
    expect(run).toMatchObject({
      exitCode: 130,
      timedOut: false,
      stdout: '',
      terminal: `${question}\r\n`,
      restored: true,
    })
    expect(run.stderr).toMatch(/^rolesanywhere: error: cancelled .+\n$/u)
  })

  it.skipIf(!hasTerminals).each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is left by %s too, and the terminal is put right', async (signal, exitCode) => {
    const run = await runOnTerminal(prompting(), [{ ...whenAsked(), signal }])
    expect(run).toMatchObject({
      exitCode,
      timedOut: false,
      stdout: '',
      echo: [false],
      restored: true,
    })
  })

  it.skipIf(!hasTerminals)('gives the terminal back at once, not at the end', async () => {
    const { url } = await stage.emulate({ faults: ['silence'] })
    const args = replacing([...prompting(), '--debug'], '--endpoint', url)
    const run = await runOnTerminal(args, [
      { ...whenAsked(), type: `${PASSWORD}\r` },
      { place: 'stderr', text: 'debug: sign ', type: '\u0003' },
    ])
    expect(run).toMatchObject({
      exitCode: 130,
      timedOut: false,
      stdout: '',
      echo: [false, true],
      restored: true,
    })
  })

  it('without a terminal is a clear error', async () => {
    const launcher = ['setsid', '--wait', ...PROGRAM] as const
    const result = await runCli(prompting(), { launcher: [...launcher] })
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(
      /^rolesanywhere: error: there is no terminal to ask on: .+encrypted\.key" \[ERR_CONFIG_SECRET_UNAVAILABLE\]\nhint: .*file:PATH.*\n$/u,
    )
  })
})

/** A command line that lacks a flag and its value. */
function without(args: readonly string[], flag: string): string[] {
  return args.filter((word, index) => word !== flag && args[index - 1] !== flag)
}

async function appears(text: string, stream: Readable | null): Promise<void> {
  let seen = ''
  await new Promise<void>((resolve) =>
    stream?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (seen.includes(text)) resolve()
    }),
  )
}
