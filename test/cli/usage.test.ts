/**
 * The whole surface through the real executable: each command's help, each exit code.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMAND_NAMES, COMMANDS, DOCUMENTED_COMMANDS } from '../../src/cli/commands.ts'
import { ERROR_CODES, ERROR_FAMILIES, type ErrorFamily } from '../../src/core/errors.ts'
import { canComeFrom, flagOf } from '../../src/settings/setting-row.ts'
import { settingsOf } from '../../src/settings/settings-table.ts'
import { demand } from '../support/capabilities.ts'
import { ARN_FLAGS, openStage, replacing, type Stage } from '../support/cli-stage.ts'
import { EXECUTABLE, runCli, type CliOptions } from '../support/run-cli.ts'

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])('%s shows every command, on stdout', async (word) => {
    const { exitCode, stdout, stderr } = await runCli([word])
    const text = stdout.toString()
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const name of DOCUMENTED_COMMANDS) {
      expect(text).toMatch(new RegExp(`^ {2}${name.replace(' ', ' (?:\\w+\\|)*')}\\b`, 'mu'))
      expect(text).toContain(`  rolesanywhere ${COMMANDS[name].examples[0] ?? ''}\n`)
    }
    expect(text).not.toMatch(/\bwords\b/u)
  })

  it.each(COMMAND_NAMES)(
    'of %s has examples before flags, and every setting that is supported',
    async (name) => {
      const byFlag = await runCli([...name.split(' '), '--help'])
      const byWord = await runCli(['help', ...name.split(' ')])
      const text = byFlag.stdout.toString()
      expect(byFlag).toMatchObject({ exitCode: 0, stderr: '' })
      expect(byWord.stdout.toString()).toBe(text)
      const [examples = '', flags = ''] = text.split(`\nUsage: rolesanywhere ${name} [options]`)
      expect(examples).toContain(`Examples:\n  rolesanywhere ${name}`)
      const shown = [...flags.matchAll(/^ {2}(?:-h, )?(--[a-z0-9-]+)/gmu)].map(([, flag]) => flag)
      const supported = settingsOf(name)
        .filter((row) => canComeFrom(row, 'flag') && row.waitsFor === undefined)
        .map(flagOf)
      expect(shown.toSorted()).toEqual([...supported, '--help'].toSorted())
      expect(Math.max(...flags.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
    },
  )

  it('groups the flags of a command', async () => {
    const text = (await runCli(['serve', '-h'])).stdout.toString()
    expect([...text.matchAll(/^([A-Z]\w+):$/gmu)].map(([, heading]) => heading)).toEqual([
      ...['Examples', 'Identity', 'Session', 'Network', 'Endpoint', 'General'],
    ])
  })

  it('of a group shows its commands only', async () => {
    const text = (await runCli(['cache', '--help'])).stdout.toString()
    expect(text).toMatch(/^ {2}list /mu)
    expect(text).toMatch(/^ {2}clear /mu)
    expect(text).not.toContain('sign-string')
  })
})

describe('exit codes', () => {
  let stage: Stage
  let session: readonly string[]

  beforeAll(async () => {
    stage = await openStage()
    const { flags } = await stage.issue('client')
    session = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', 'http://127.0.0.1:1']
  })

  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })

  /** A program that breaks a promise of the language, loaded before ours. */
  const sabotaged = (): readonly [string, ...string[]] => {
    const path = stage.write(
      'sabotage.cjs',
      "globalThis.BigInt = () => { throw new TypeError('x') }",
    )
    return [process.execPath, '--require', path, EXECUTABLE]
  }

  it.each<[family: ErrorFamily, args: () => Promise<string[]>, options?: () => CliOptions]>([
    ['usage', async () => Promise.resolve(['nonsense'])],
    [
      'config',
      async () => Promise.resolve(['read-certificate-data', '--certificate', '/none/c.pem']),
    ],
    [
      'key',
      async () => replacing(session, '--private-key', (await stage.issue('x')).privateKeyPath),
    ],
    [
      'service',
      async () => {
        const { url } = await stage.emulate({ faults: ['deny=no'] })
        return replacing(session, '--endpoint', url)
      },
    ],
    ['network', async () => Promise.resolve(replacing(session, '--timeout', '1'))],
    [
      'output',
      async () => Promise.resolve(['version']),
      () => ({ stdout: openSync('/dev/full', 'w') }),
    ],
    ['internal', async () => Promise.resolve([...session]), () => ({ launcher: sabotaged() })],
  ])('of a failure tell who can fix it: %s', async (family, args, options = () => ({})) => {
    const given = options()
    const { exitCode, stdout, stderr } = await runCli(await args(), given)
    if (given.stdout !== undefined) closeSync(given.stdout)
    expect(exitCode).toBe(ERROR_FAMILIES[family].exitCode)
    expect(stdout.length).toBe(0)
    const [, code = ''] = / \[(ERR_\w+)\]\n/u.exec(stderr) ?? []
    expect(ERROR_CODES).toHaveProperty([code, 'family'], family)
  })

  it.each([
    [0, ['--', 'true']],
    [3, ['--', 'sh', '-c', 'exit 3']],
    [126, ['--', '/etc/passwd']],
    [127, ['--', 'no-such-program']],
  ])('of exec are those of its program: %i', async (exitCode, behind) => {
    const { url } = await stage.emulate()
    const [, ...flags] = replacing(session, '--endpoint', url)
    expect(await runCli(['exec', ...flags, ...behind])).toMatchObject({ exitCode })
  })

  it('come from a run that ends, whatever is still under way that nobody waits for', async () => {
    // As a name look-up does whose servers are silent, and which nobody can take back.
    const path = stage.write('busy.cjs', 'setInterval(() => undefined, 1000)')
    const launcher = [process.execPath, '--require', path, EXECUTABLE] as const
    expect(await runCli(['version'], { launcher })).toMatchObject({ exitCode: 0, signal: null })
    const { exitCode } = await runCli(session, { launcher })
    expect(exitCode).toBe(ERROR_FAMILIES.network.exitCode)
  })
})

describe('version', () => {
  it.each([['version'], ['--version'], ['-V']])(
    '%s prints that of the package, alone',
    async (word) => {
      const manifest = JSON.parse(
        readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
      ) as { version: string }
      const { exitCode, stdout, stderr } = await runCli([word])
      expect([exitCode, stdout.toString(), stderr]).toEqual([0, `${manifest.version}\n`, ''])
    },
  )
})

describe('a Node.js that is too old', () => {
  const oldNode = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((path) => existsSync(path) && majorOf(path) < 24)

  it.skipIf(!demand(oldNode !== undefined, 'a Node.js older than 24'))(
    'gets one sentence and not a stack trace',
    async () => {
      const result = await runCli(['version'], { launcher: [oldNode ?? '', EXECUTABLE] })
      expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
      expect(result.stderr).toMatch(
        /^rolesanywhere: this needs Node\.js 24 or newer, and is running on \d+\.\d+\.\d+\nhint: .+\n$/u,
      )
    },
  )

  function majorOf(path: string): number {
    return Number.parseInt(execFileSync(path, ['--version'], { encoding: 'utf8' }).slice(1), 10)
  }
})
