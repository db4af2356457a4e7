/**
 * The command line itself: what it takes, what it refuses, what it suggests.
 *
 * @module
 */

import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../../src/cli/program.ts'
import { ARN_FLAGS } from '../../support/cli-stage.ts'
import { runMain } from '../../support/fake-system.ts'
import { refusalOf } from '../../support/refusal.ts'

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
      /--session-duration: "899" is not a time from 900 to 43200 seconds, as in 3600, 90m or 1h/u,
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
      ['sign-string', '--private-key', import.meta.filename, '--key-password', 'hunter2'],
      'ERR_USAGE_INVALID_VALUE',
      /--key-password: the value does not say where the secret is/u,
      /env:NAME/u,
    ],
  ] as const)('%s', async (_what, args, code, message, hint) => {
    const { exitCode, stdout, stderr } = await runMain(args)
    const [errorLine = '', hintLine = ''] = stderr.split('\n')
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
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
    const { exitCode, stdout, stderr } = await runMain(args)
    const [errorLine = '', hintLine = ''] = stderr.split('\n')
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(errorLine).toMatch(/: --system-store-name is not .+ \[ERR_USAGE_NOT_SUPPORTED\]$/u)
    expect(hintLine).toMatch(/^hint: ./u)
  })
})

describe('flags', () => {
  it('that name where to write are not empty by accident', async () => {
    const { exitCode, stderr } = await runMain(['update', '--profile', '', ...ARN_FLAGS])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/: --profile has no value \[ERR_USAGE_INVALID_VALUE\]\nhint: /u)
  })

  it('take their value after a blank or an equals sign, and switches can be turned off', async () => {
    const forms = [
      ['--certificate', '/nonexistent/c.pem', '--debug=false'],
      ['--certificate=/nonexistent/c.pem', '--debug=F'],
    ]
    for (const form of forms) {
      const { exitCode, stderr } = await runMain(['read-certificate-data', ...form])
      expect(exitCode).toBe(3)
      expect(stderr).toMatch(
        /^rolesanywhere: error: cannot read "\/nonexistent\/c\.pem" \(--certificate\): no such file \[/u,
      )
    }
  })
})

/** The flags of a command line that is taken. */
function flagsOf(...argv: string[]): Readonly<Record<string, unknown>> {
  const line = readCommandLine(argv)
  if (line.kind !== 'run') throw new Error('no run')
  return { ...line.runs[0] }
}

describe('traps of command lines', () => {
  it.each([
    ['--pni=1234', '--pni', /--pin\?/u],
    ['-p1234', '-p', /./u],
    ['--pin1x:1234', '--pin…', /--pin\?/u],
    ['--pin1234', '--pin…', /./u],
    ['--pni="1234', '--pni', /--pin\?/u],
  ])('%s shows the name of the flag and never what may be a PIN', async (typed, shown, hint) => {
    const { stderr } = await runMain(['sign-string', typed, '--private-key', 'k'])
    expect(stderr).toContain(`sign-string has no flag ${shown} [`)
    expect(stderr.split('\nhint: ')[1]).toMatch(hint)
    expect(stderr).not.toContain('1234')
  })

  it('a word that belongs to no flag is not repeated', async () => {
    const { exitCode, stderr } = await runMain(['sign-string', '--pin', 'env:P', 'hunter2'])
    expect(exitCode).toBe(2)
    expect(stderr).not.toContain('hunter2')
  })

  it('--no-proxy is a flag of its own, no negation', () => {
    const flags = flagsOf('env', '--no-proxy', 'a,b', '--proxy', 'p:1')
    expect(flags).toEqual({ 'no-proxy': 'a,b', proxy: 'p:1' })
    expect(refusalOf(() => readCommandLine(['env', '--no-proxy'])).message).toBe(
      '--no-proxy has no value',
    )
    expect(flagsOf('env', '--no-verify-ssl')).toEqual({ 'no-verify-ssl': 'true' })
  })

  it('a switch takes its value behind an equals sign only', () => {
    expect(flagsOf('version', '--debug')).toEqual({ debug: 'true' })
    expect(flagsOf('version', '--debug=false')).toEqual({ debug: 'false' })
    const error = refusalOf(() => readCommandLine(['version', '--debug', 'false']))
    expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
    expect(error.hint).toContain('--debug=false')
  })

  it.each([
    ['--certificate', '--debug'],
    ['--certificate', '--region=x'],
    ['--certificate', '--help'],
  ])('a flag is no value of another: %s %s', (flag, value) => {
    const error = refusalOf(() => readCommandLine(['env', flag, value, 'x']))
    expect([error.code, error.message]).toEqual([
      'ERR_USAGE_INVALID_VALUE',
      '--certificate has no value',
    ])
    expect(error.hint).toBe('write --certificate PATH')
  })

  it('a value may begin with a dash, or be empty', () => {
    expect(flagsOf('env', '--role-session-name', '-x', '--region', '')).toEqual({
      'role-session-name': '-x',
      region: '',
    })
  })

  it.each([
    [['-certificate', 'x'], '-c', '--certificate'],
    [['-certificat=x'], '-c', '--certificate'],
    [['---certificate', 'x'], '---certificate', '--certificate'],
  ])('%j suggests the flag with two dashes', (words, shown, meant) => {
    const error = refusalOf(() => readCommandLine(['env', ...words]))
    expect(error.message).toBe(`env has no flag ${shown}`)
    expect(error.hint).toBe(`did you mean ${meant}?`)
  })

  it.each([
    [['--region', 'a', '--region', 'b'], '--region'],
    [['--debug', '--debug=false'], '--debug'],
    [['--region=', '--region=b'], '--region'],
  ])('what may be given once and comes twice is refused by name: %j', (words, flag) => {
    const error = refusalOf(() => readCommandLine(['env', ...words]))
    expect(error.code).toBe('ERR_USAGE_CONFLICT')
    expect(error.message).toBe(`${flag} is given twice`)
  })

  it('what may be repeated is a list, and several profiles are several runs', () => {
    expect(flagsOf('emulator', '--fault', 'a', '--fault=b,c')).toEqual({ fault: ['a', 'b,c'] })
    const line = readCommandLine(['serve', '--profile', 'a', '--port', '1', '--profile', 'b'])
    expect(line).toMatchObject({
      runs: [
        { profile: 'a', port: '1' },
        { profile: 'b', port: '1' },
      ],
    })
  })

  it('a program and its arguments stand behind two dashes', () => {
    const line = readCommandLine(['exec', '--profile', 'p', '--', 'x', '--', '-h', '--pin=1'])
    expect(line).toMatchObject({ operands: ['x', '--', '-h', '--pin=1'] })
    expect(readCommandLine(['version', '--'])).toMatchObject({ operands: [] })
    for (const argv of [
      ['version', '--', 'x'],
      ['exec', '--profile', 'p', 'sleep', '1'],
      ['exec', 'sleep', '--', 'x'],
    ]) {
      expect(refusalOf(() => readCommandLine(argv)).code).toBe('ERR_USAGE_INVALID_VALUE')
    }
    const error = refusalOf(() => readCommandLine(['exec', '--profile', 'p', 'sleep', '1']))
    expect(error.hint).toBe('put the program behind two dashes: exec --profile onprem -- aws s3 ls')
    expect(refusalOf(() => readCommandLine(['exec', '--profile', '--', 'x'])).message).toBe(
      '--profile has no value',
    )
  })

  it('help of what does not exist is refused', () => {
    for (const argv of [
      ['help', 'nonsense'],
      ['nonsense', '--help'],
      ['cache', 'clean', '-h'],
    ]) {
      expect(refusalOf(() => readCommandLine(argv)).code).toBe('ERR_USAGE_UNKNOWN_COMMAND')
    }
    const error = refusalOf(() => readCommandLine(['--debug', 'version']))
    expect(error.message).toBe('no command was given')
    expect(error.hint).toContain('the command comes before its flags')
  })
})
