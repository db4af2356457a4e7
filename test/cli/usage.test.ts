/**
 * The command line itself: what it refuses, what it suggests, what help says.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { canComeFrom, flagOf } from '../../src/settings/setting-row.ts'
import { settingsOf } from '../../src/settings/settings-table.ts'
import { demand } from '../support/capabilities.ts'
import { ARN_FLAGS } from '../support/cli-stage.ts'
import { EXECUTABLE, runCli } from '../support/run-cli.ts'

const FILES = ['--certificate', '/nonexistent/c.pem', '--private-key', '/nonexistent/k.pem']

describe('a wrong command line ends in exit code 2, with nothing on stdout', () => {
  it.each([
    ['no command', [], 'ERR_USAGE_UNKNOWN_COMMAND', /no command was given/u, /--help/u],
    [
      'an unknown command',
      ['credential-proces'],
      'ERR_USAGE_UNKNOWN_COMMAND',
      /no command "credential-proces"/u,
      /did you mean credential-process\?/u,
    ],
    [
      'half a command',
      ['cache'],
      'ERR_USAGE_UNKNOWN_COMMAND',
      /cache needs a second word/u,
      /cache --help/u,
    ],
    [
      'a wrong second word',
      ['cache', 'clean'],
      'ERR_USAGE_UNKNOWN_COMMAND',
      /no command "cache clean"/u,
      /did you mean cache clear\?/u,
    ],
    [
      'an unknown flag',
      ['credential-process', '--trust-anchr-arn', 'x'],
      'ERR_USAGE_UNKNOWN_FLAG',
      /credential-process has no flag --trust-anchr-arn/u,
      /did you mean --trust-anchor-arn\?/u,
    ],
    [
      'a flag of another command',
      ['version', '--certificate', 'x'],
      'ERR_USAGE_UNKNOWN_FLAG',
      /version has no flag --certificate/u,
      /version --help/u,
    ],
    [
      'a flag with one dash',
      ['credential-process', '-certificate', 'x'],
      'ERR_USAGE_UNKNOWN_FLAG',
      /credential-process has no flag -c/u,
      /./u,
    ],
    [
      'a flag without its value',
      ['credential-process', '--certificate'],
      'ERR_USAGE_INVALID_VALUE',
      /--certificate has no value/u,
      /write --certificate PATH/u,
    ],
    [
      'a word without its flag',
      ['sign-string', 'private-key', 'x'],
      'ERR_USAGE_INVALID_VALUE',
      /sign-string takes flags only/u,
      /did you mean --private-key\?/u,
    ],
    [
      'a switch that is neither on nor off',
      ['version', '--debug=maybe'],
      'ERR_USAGE_INVALID_VALUE',
      /--debug: "maybe" is neither true nor false/u,
      undefined,
    ],
    [
      'a choice that is none',
      ['sign-string', '--private-key', 'x', '--format', 'xml'],
      'ERR_USAGE_INVALID_VALUE',
      /--format: "xml" is none of json, text, bin/u,
      undefined,
    ],
    [
      'a number out of its range',
      ['credential-process', ...FILES, ...ARN_FLAGS, '--session-duration=899'],
      'ERR_USAGE_INVALID_VALUE',
      /--session-duration: "899" is not a whole number from 900 to 43200/u,
      undefined,
    ],
    [
      'settings that are missing, all named at once',
      ['credential-process', '--certificate', 'c.pem'],
      'ERR_USAGE_MISSING_SETTING',
      /credential-process needs --trust-anchor-arn, --profile-arn, --role-arn/u,
      /ROLESANYWHERE_TRUST_ANCHOR_ARN.+rolesanywhere_trust_anchor_arn/u,
    ],
    [
      'settings that exclude each other',
      [
        ...['credential-process', ...FILES, ...ARN_FLAGS],
        ...['--endpoint', 'https://127.0.0.1:1', '--use-fips-endpoint'],
      ],
      'ERR_USAGE_CONFLICT',
      /--endpoint and --use-fips-endpoint exclude each other/u,
      /only one/u,
    ],
    [
      'two ways to give a password',
      ['sign-string', '--private-key', 'k', '--key-password=prompt', '--pkcs8-password=x'],
      'ERR_USAGE_CONFLICT',
      /--key-password and --pkcs8-password exclude each other/u,
      /only one/u,
    ],
    [
      'a password where its place should be',
      ['sign-string', '--private-key', EXECUTABLE, '--key-password', 'hunter2'],
      'ERR_USAGE_INVALID_VALUE',
      /--key-password: the value does not say where the secret is/u,
      /env:NAME/u,
    ],
  ] as const)('%s', async (_what, args, code, message, hint) => {
    const { exitCode, stdout, stderr } = await runCli(args)
    const [errorLine = '', hintLine = ''] = stderr.split('\n')
    expect(exitCode).toBe(2)
    expect(stdout.length).toBe(0)
    expect(errorLine).toMatch(message)
    expect(errorLine.endsWith(` [${code}]`)).toBe(true)
    if (hint === undefined) expect(hintLine).toBe('')
    else expect(hintLine).toMatch(new RegExp(`^hint: .*${hint.source}`, 'u'))
    expect(stderr).not.toContain('hunter2')
  })
})

describe('what the reference helper has and Linux has not', () => {
  it('is refused by name, exit code 2', async () => {
    const args = ['credential-process', '--system-store-name', 'MY', ...ARN_FLAGS]
    const { exitCode, stdout, stderr } = await runCli(args)
    const [errorLine = '', hintLine = ''] = stderr.split('\n')
    expect(exitCode).toBe(2)
    expect(stdout.length).toBe(0)
    expect(errorLine).toMatch(/: --system-store-name is not .+ \[ERR_USAGE_NOT_SUPPORTED\]$/u)
    expect(hintLine).toMatch(/^hint: ./u)
  })
})

describe('flags', () => {
  it('that name where to write are not empty by accident', async () => {
    const { exitCode, stderr } = await runCli(['update', '--profile', '', ...ARN_FLAGS])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/: --profile has no value \[ERR_USAGE_INVALID_VALUE\]\nhint: /u)
  })

  it('take their value after a blank or an equals sign, and switches can be turned off', async () => {
    const forms = [
      ['--certificate', '/nonexistent/c.pem', '--debug=false'],
      ['--certificate=/nonexistent/c.pem', '--debug=F'],
    ]
    for (const form of forms) {
      const { exitCode, stderr } = await runCli(['read-certificate-data', ...form])
      expect(exitCode).toBe(3)
      expect(stderr).toMatch(
        /^rolesanywhere: error: cannot read "\/nonexistent\/c\.pem" \(--certificate\): no such file \[/u,
      )
    }
  })
})

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])('%s shows every command, on stdout', async (word) => {
    const { exitCode, stdout, stderr } = await runCli([word])
    const text = stdout.toString()
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const { name, summary } of COMMANDS) {
      expect(text).toMatch(new RegExp(`^  ${name} {2,}${summary.slice(0, 30)}`, 'mu'))
    }
  })

  it.each(COMMANDS.map(({ name }) => name))(
    'of %s has examples before flags, and every setting that is supported',
    async (name) => {
      const byFlag = await runCli([...name.split(' '), '--help'])
      const byWord = await runCli(['help', ...name.split(' ')])
      const text = byFlag.stdout.toString()
      expect(byFlag).toMatchObject({ exitCode: 0, stderr: '' })
      expect(byWord.stdout.toString()).toBe(text)
      const examples = text.indexOf(`Examples:\n  rolesanywhere ${name}`)
      expect(examples).toBeGreaterThan(0)
      expect(text.indexOf('\nFlags:\n')).toBeGreaterThan(examples)
      const shown = [...text.matchAll(/^ {2}(--[a-z0-9-]+)/gmu)].map(([, flag]) => flag)
      const supported = settingsOf(name)
        .filter((row) => canComeFrom(row, 'flag') && row.waitsFor === undefined)
        .map(flagOf)
      expect(shown.toSorted()).toEqual([...supported, '--help'].toSorted())
      expect(
        Math.max(
          ...text
            .split('\nFlags:\n')[1]!
            .split('\n')
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(100)
    },
  )

  it('of a group shows its commands only', async () => {
    const text = (await runCli(['cache', '--help'])).stdout.toString()
    expect(text).toMatch(/^ {2}cache list /mu)
    expect(text).not.toContain('sign-string')
  })
})

describe('version', () => {
  it.each([['version'], ['--version']])('%s prints that of the package, alone', async (word) => {
    const manifest = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string }
    const { exitCode, stdout, stderr } = await runCli([word])
    expect([exitCode, stdout.toString(), stderr]).toEqual([0, `${manifest.version}\n`, ''])
  })
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
