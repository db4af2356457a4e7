/**
 * `--cache` between real processes: who asks AWS, what lies on disk, and what survives an outage.
 *
 * @module
 */

import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ARN_FLAGS, credentialsIn, openStage, replacing, type Stage } from '../support/cli-stage.ts'
import { ROLE_ARN } from '../support/pki-request.ts'
import { PROGRAM, runCli, type CliResult } from '../support/run-cli.ts'

let stage: Stage
let emulator: Emulator
let folder: string
let command: readonly string[]

beforeEach(async () => {
  stage = await openStage()
  emulator = await stage.emulate()
  folder = join(stage.folder, 'cache')
  const { flags } = await stage.issue('client')
  const cache = ['--cache', '--cache-dir', folder]
  command = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url, ...cache]
})

afterEach(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('--cache', () => {
  it('answers a second run without a request, byte for byte', async () => {
    const first = await runCli(command)
    const second = await runCli(command)
    expect(credentialsIn(first)).toBeDefined()
    expect(second.stdout.equals(first.stdout)).toBe(true)
    expect(second.stderr).toBe('')
    expect(emulator.requestCount).toBe(1)
  })

  it('knows a certificate that is named as file:PATH', async () => {
    const written = command.map((word) => (word.endsWith('/client.pem') ? `file:${word}` : word))
    for (const result of [await runCli(written), await runCli(written)]) {
      expect(credentialsIn(result)).toBeDefined()
      expect(result.stderr).toBe('')
    }
    expect(emulator.requestCount).toBe(1)
  })

  it('keeps one file that only its owner can read, in a folder that only its owner can enter', async () => {
    credentialsIn(await runCli(command, { launcher: umask('000') }))
    const names = readdirSync(folder)
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.json$/u)])
    expect(modeOf(folder)).toBe('700')
    expect(modeOf(join(folder, names[0] ?? ''))).toBe('600')
  })

  it('gives nobody the credentials of another certificate that came by the same name', async () => {
    const sources = ['--certificate', 'env:CERTIFICATE', '--private-key', 'env:KEY']
    const runAs = async (name: string): Promise<CliResult> => {
      const issued = await stage.issue(name, { subject: `CN=${name}` })
      const env = { CERTIFICATE: issued.certificatePem, KEY: issued.privateKeyPem }
      return await runCli(replacing(command, ...sources), { env })
    }
    const results = [await runAs('one'), await runAs('other')]
    const subjects = emulator.requests.map(({ verdict }) => 'subject' in verdict && verdict.subject)
    expect(subjects).toEqual(['CN=one', 'CN=other'])
    for (const result of results) {
      credentialsIn(result)
      expect(result.stderr).toContain('--cache has no effect')
    }
  })

  it('lies in the runtime folder, else the cache folder, else the home folder', async () => {
    const withoutFolder = command.slice(0, -2)
    const env = { XDG_RUNTIME_DIR: '', XDG_CACHE_HOME: '', HOME: stage.folder }
    credentialsIn(await runCli(withoutFolder, { env }))
    expect(existsSync(join(stage.folder, '.cache/rolesanywhere'))).toBe(true)
    env.XDG_CACHE_HOME = join(stage.folder, 'xdg-cache')
    credentialsIn(await runCli(withoutFolder, { env }))
    expect(existsSync(join(stage.folder, 'xdg-cache/rolesanywhere'))).toBe(true)
    env.XDG_RUNTIME_DIR = join(stage.folder, 'run')
    credentialsIn(await runCli(withoutFolder, { env }))
    expect(existsSync(join(stage.folder, 'run/rolesanywhere'))).toBe(true)
  })

  it('gives nobody the credentials of another role, duration or certificate', async () => {
    const other = await stage.issue('other')
    credentialsIn(await runCli(command))
    for (const flags of [
      ['--role-arn', `${ROLE_ARN}2`],
      ['--session-duration', '1800'],
      other.flags,
    ]) {
      credentialsIn(await runCli(replacing(command, ...flags)))
    }
    expect(emulator.requestCount).toBe(4)
  })

  it('asks again for a certificate that was renewed in place', async () => {
    credentialsIn(await runCli(command))
    await stage.issue('client')
    credentialsIn(await runCli(command))
    expect(emulator.requestCount).toBe(2)
  })

  it('makes one request for 20 processes that start at once', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, async () => runCli(command)))
    const answers = new Set(results.map((result) => JSON.stringify(credentialsIn(result))))
    expect(answers.size).toBe(1)
    expect(emulator.requestCount).toBe(1)
    expect(readdirSync(folder).length).toBe(1)
  })

  it.each([
    ['garbage', () => 'garbage'],
    ['nothing', () => ''],
    ['half an entry', (entry: string) => entry.slice(0, entry.length / 2)],
    ['another type', () => '[]'],
    ['an expired entry', (entry: string) => aged(entry, { left: -60, old: 3600 })],
    ['an entry of the future', (entry: string) => aged(entry, { left: 3600, old: -600 })],
    ['an entry about to expire', (entry: string) => aged(entry, { left: 300, old: 3300 })],
  ])('recovers from a file that holds %s', async (_what, change) => {
    const first = credentialsIn(await runCli(command))
    rewriteEntry(change)
    const second = await runCli(command)
    expect(credentialsIn(second)['SessionToken']).not.toBe(first['SessionToken'])
    expect(second.stderr).toBe('')
    expect(emulator.requestCount).toBe(2)
    credentialsIn(await runCli(command))
    expect(emulator.requestCount).toBe(2)
  })

  it('gives old credentials that are still valid when AWS cannot be reached, and says so', async () => {
    const first = credentialsIn(await runCli(command))
    rewriteEntry((entry) => aged(entry, { left: 300, old: 3300 }))
    await emulator.close()
    const result = await runCli(command)
    expect(credentialsIn(result)['SessionToken']).toBe(first['SessionToken'])
    expect(result.stderr).toMatch(
      /^rolesanywhere: warning: new credentials could not be had \(ERR_NETWORK_CONNECT\); the cached ones are valid until .+Z\n$/u,
    )
  })

  it('never gives expired ones, even when AWS cannot be reached', async () => {
    credentialsIn(await runCli(command))
    rewriteEntry((entry) => aged(entry, { left: -1, old: 3601 }))
    await emulator.close()
    expect(await runCli(command)).toMatchObject({ exitCode: 6, stdout: Buffer.alloc(0) })
  })

  it('refuses a folder that others can enter', async () => {
    credentialsIn(await runCli(command))
    chmodSync(folder, 0o755)
    const result = await runCli(command)
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(
      /\(mode 755\b.+\[ERR_CONFIG_FILE_PERMISSIONS\]\nhint: run: chmod 700 /u,
    )
    expect(emulator.requestCount).toBe(1)
  })

  it('takes a lock over whose holder was killed', async () => {
    credentialsIn(await runCli(command))
    const entry = entryPath()
    writeFileSync(entry, '')
    const dead = { pid: 2 ** 22 - 1, started: '1', realm: realm(), at: Date.now(), nonce: '' }
    writeFileSync(entry.replace(/json$/u, 'lock'), JSON.stringify(dead))
    credentialsIn(await runCli(command))
    expect(emulator.requestCount).toBe(2)
    expect(readdirSync(folder).length).toBe(1)
  })
})

describe('cache list', () => {
  it('tells what is there, and no secret of it', async () => {
    const credentials = credentialsIn(await runCli(command))
    rewriteEntry((entry) => aged(entry, { left: -60, old: 3600 }))
    credentialsIn(await runCli([...command, '--session-duration', '900']))
    const { exitCode, stdout, stderr } = await runCli(['cache', 'list', '--cache-dir', folder])
    const text = stdout.toString()
    const lines = text.trimEnd().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(entries.map(({ expired }) => expired).toSorted()).toEqual([false, true])
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual([
        ...['roleArn', 'accessKeyId', 'fetched', 'expiration', 'expired'],
      ])
    }
    expect(text).not.toContain(credentials['SecretAccessKey'])
    expect(text).not.toContain(String(credentials['SessionToken']).slice(0, 16))
  })

  it('says nothing of a folder that is not there', async () => {
    const { exitCode, stdout } = await runCli(['cache', 'list', '--cache-dir', folder])
    expect([exitCode, stdout.length]).toEqual([0, 0])
  })
})

describe('cache clear', () => {
  it('removes what is ours and nothing else', async () => {
    credentialsIn(await runCli(command))
    writeFileSync(join(folder, 'notes.json'), 'mine')
    const { stdout } = await runCli(['cache', 'clear', '--cache-dir', folder])
    expect(JSON.parse(stdout.toString())).toEqual({ removed: 1 })
    expect(readdirSync(folder)).toEqual(['notes.json'])
    credentialsIn(await runCli(command))
    expect(emulator.requestCount).toBe(2)
  })
})

function entryPath(): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  expect(names.length).toBe(1)
  return join(folder, names[0] ?? '')
}

function rewriteEntry(change: (entry: string) => string): void {
  const path = entryPath()
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

/** An entry as it would be that many seconds after it was fetched, with that many left. */
function aged(entry: string, { left, old }: { left: number; old: number }): string {
  const value = JSON.parse(entry) as Record<string, unknown>
  expect(value).toHaveProperty('expiresAt')
  expect(value).toHaveProperty('fetchedAt')
  const now = Date.now()
  return JSON.stringify({ ...value, expiresAt: now + left * 1000, fetchedAt: now - old * 1000 })
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

function umask(mask: string): [string, ...string[]] {
  return ['sh', '-c', `umask ${mask}; exec "$@"`, 'sh', ...PROGRAM]
}

/** What the lock file calls the boot and process-id namespace of a holder. */
function realm(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
}
