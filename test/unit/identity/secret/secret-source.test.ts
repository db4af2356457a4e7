import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  chmodSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSecretSource } from '../../../../src/core/secret-source.ts'
import type { SecretPorts } from '../../../../src/identity/secret/secret-ports.ts'
import { readSecret } from '../../../../src/identity/secret/read-secret.ts'
import { runCommand } from '../../../../src/machine/run-command.ts'
import {
  expectNoSecrets,
  failureOf,
  recordingPorts,
  type RecordingPortsOptions,
} from '../recording-ports.ts'

const CANARY = 'canary-Pa$$wörd'
const WHAT = 'the password of "client.key"'
const SETTING = 'keyPassword'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-secret-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function read(text: string, options: RecordingPortsOptions = {}): Promise<string> {
  return readWith(text, recordingPorts(options).secrets)
}

function readWith(text: string, ports: SecretPorts): Promise<string> {
  return readSecret(parseSecretSource(text, SETTING), WHAT, ports)
}

describe('parseSecretSource', () => {
  it.each([
    ['env:KEY_PASSWORD', 'env', 'KEY_PASSWORD'],
    ['file:/etc/app/pass:word', 'file', '/etc/app/pass:word'],
    ['fd:0', 'fd', '0'],
    ['fd:17', 'fd', '17'],
    ['stdin', 'stdin', ''],
    ['cmd:pass show client | head -1', 'cmd', 'pass show client | head -1'],
    ['credential:key-password', 'credential', 'key-password'],
    ['prompt', 'prompt', ''],
  ])('%s', (text, kind, argument) => {
    expect(parseSecretSource(text, SETTING)).toMatchObject({ kind, argument })
  })

  it.each([
    CANARY,
    '',
    ':',
    `pass:${CANARY}`,
    `ENV:${CANARY}`,
    `stdin:${CANARY}`,
    `prompt:${CANARY}`,
    'env',
    'toString',
    `constructor:${CANARY}`,
    `env:not a name ${CANARY}`,
    'env:',
    'file:',
    'fd:',
    'fd:1',
    'fd:2',
    'fd:-3',
    'fd:3x',
    'cmd: ',
    'credential:..',
    `credential:../${CANARY}`,
  ])('refuses %j and does not repeat it', (text) => {
    let error: unknown
    try {
      parseSecretSource(text, SETTING)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      code: 'ERR_USAGE_INVALID_VALUE',
      setting: SETTING,
      message: expect.stringContaining(SETTING) as string,
    })
    expectNoSecrets(error, [CANARY])
  })
})

describe('readSecret', () => {
  it('reads every kind, and takes away one line break at the end', async () => {
    const stored = file('password', `${CANARY}\n`)
    const fd = openSync(stored, 'r')
    const env = { PW: CANARY, CREDENTIALS_DIRECTORY: folder, PATH: process.env['PATH'] }
    try {
      for (const text of [
        'env:PW',
        `file:${stored}`,
        `fd:${fd}`,
        'credential:password',
        `cmd:cat '${stored}'`,
      ]) {
        expect(await read(text, { env }), text).toBe(CANARY)
      }
      expect(await read('stdin', { stdin: `${CANARY}\r\n` })).toBe(CANARY)
      expect(await read('stdin', { stdin: `${CANARY}\n\n` })).toBe(`${CANARY}\n`)
      expect(await read('prompt', { prompt: () => Promise.resolve(CANARY) })).toBe(CANARY)
    } finally {
      closeSync(fd)
    }
  })

  it('asks on the terminal for what it wants', async () => {
    const ports = recordingPorts({ prompt: () => Promise.resolve('') })
    // Enter alone is an answer: an empty password.
    expect(await readWith('prompt', ports.secrets)).toBe('')
    expect(ports.questions).toEqual([`${WHAT}: `])
  })

  it('a lone line break is an empty password; nothing at all is an error', async () => {
    expect(await read('stdin', { stdin: '\n' })).toBe('')
    for (const text of ['stdin', 'env:EMPTY', `file:${file('empty', '')}`, 'cmd:true', 'fd:']) {
      const env = { EMPTY: '', PATH: process.env['PATH'] }
      const source = text === 'fd:' ? `fd:${openSync(file('nothing', ''), 'r')}` : text
      const error = await failureOf(read(source, { env }))
      expect(error, text).toMatchObject({ code: 'ERR_CONFIG_SECRET_UNAVAILABLE' })
      expect(error.message).toMatch(/ is empty$/u)
      if (source.startsWith('fd:')) closeSync(Number(source.slice(3)))
    }
  })

  it.each([
    ['env:UNSET', 'the environment variable UNSET is not set'],
    ['fd:9999', 'file descriptor 9999 was not given to us'],
    ['credential:x', '$CREDENTIALS_DIRECTORY is not set'],
    [`cmd:echo ${CANARY}; exit 3`, 'exited with 3'],
    [`cmd:echo ${CANARY}; kill -TERM $$`, 'ended by SIGTERM'],
    [`cmd:printf '\\377${CANARY}'`, 'is not UTF-8 text'],
    [`cmd:yes ${CANARY}`, 'is longer than 65536 bytes'],
  ])('%s is unavailable, and says why without the value', async (text, problem) => {
    const error = await failureOf(read(text, { env: { PATH: process.env['PATH'] } }))
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_SECRET_UNAVAILABLE',
      message: expect.stringContaining(problem) as string,
    })
    expect(error.message).toContain(`cannot read ${WHAT}`)
    expectNoSecrets(error, [CANARY])
  })

  it('takes no more than 64 KiB, from wherever', async () => {
    const stdin = 'x'.repeat(65_536)
    expect(await read('stdin', { stdin })).toHaveLength(65_536)
    await expect(read('stdin', { stdin: `${stdin}x` })).rejects.toMatchObject({
      code: 'ERR_CONFIG_SECRET_UNAVAILABLE',
    })
    await expect(read(`file:${file('big', `${stdin}x`)}`)).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_TOO_LARGE',
    })
    await expect(read('file:/dev/zero')).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_NOT_REGULAR',
    })
  })

  it('warns of a password file that others can read, but not of a systemd credential', async () => {
    const path = file('open', CANARY, 0o440)
    const ports = recordingPorts({ env: { CREDENTIALS_DIRECTORY: folder } })
    await readWith('credential:open', ports.secrets)
    expect(ports.warnings).toEqual([])
    await readWith(`file:${path}`, ports.secrets)
    expect(ports.warnings).toEqual([expect.stringContaining('open" is open to other users')])
    const source = parseSecretSource(`file:${path}`, SETTING)
    await expect(
      readSecret(source, WHAT, ports.secrets, { strictPermissions: true }),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG_FILE_PERMISSIONS' })
  })
})

describe('runCommand', () => {
  it('hands on the environment without our own settings', async () => {
    const env = { PATH: process.env['PATH'], OTHER: 'kept', ROLESANYWHERE_PKCS8_PASSWORD: CANARY }
    const result = await runCommand('env', { env, maxBytes: 65_536 })
    const output = 'output' in result ? result.output.toString() : ''
    expect(output).toContain('OTHER=kept')
    expect(output).not.toContain('ROLESANYWHERE')
    expectNoSecrets(output, [CANARY])
  })

  it('gives it no standard input', async () => {
    const result = await runCommand('cat; echo end', { env: process.env, maxBytes: 100 })
    expect(result).toEqual({ output: Buffer.from('end\n') })
  })

  it('does not wait for a command that hangs, nor for what it left behind', async () => {
    const options = { env: process.env, maxBytes: 100, timeoutMs: 50 }
    // The shell forks for the first of these, and becomes the second.
    const pids = join(folder, 'pids')
    for (const command of [
      `tail -f /dev/null & echo $! >'${pids}'; wait`,
      'exec tail -f /dev/null',
    ]) {
      expect(await runCommand(command, options)).toEqual({ problem: 'did not come within 0.05 s' })
    }
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL')
  })

  it('says so when the shell finds no such command', async () => {
    const result = await runCommand('exit 127', { env: {}, maxBytes: 100 })
    expect(result).toEqual({ problem: 'cannot be had: it exited with 127', exitCode: 127 })
  })
})
