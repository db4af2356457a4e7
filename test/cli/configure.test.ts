/**
 * `configure` as a person and a script meet it: the file that it writes works, every other byte of it stays,
 * and what was there comes back.
 *
 * @module
 */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { hasProgram } from '../support/capabilities.ts'
import { credentialsIn, openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { runOnTerminal, type TerminalStep } from '../support/on-terminal.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { PROGRAM, runCli, type CliOptions, type CliResult } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const ARNS = [ROLE_ARN, TRUST_ANCHOR_ARN, PROFILE_ARN].flatMap((arn) => ['--arn', arn])
const MARK = '# Written by `rolesanywhere configure`, and changed by it when it is run again.'

let stage: Stage
let client: StagedIdentity
let emulator: Emulator
let home: string
let config: string

beforeAll(async () => {
  stage = await openStage()
  mkdirSync(join(stage.folder, 'keys'))
  client = await stage.issue('keys/client', { subject: 'CN=web' })
  emulator = await stage.emulate()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rolesanywhere-configure-'))
  mkdirSync(join(home, '.aws'))
  config = join(home, '.aws/config')
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const environment = (): Readonly<Record<string, string>> => ({
  HOME: home,
  AWS_ENDPOINT_URL_ROLESANYWHERE: emulator.url,
})

/** In a session of its own, so that it has no terminal. */
async function configure(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const launcher = ['setsid', '-w', ...PROGRAM] as const
  return await runCli(['configure', ...args], { env: environment(), launcher, ...options })
}

function section(certificate = client.certificatePath, key = client.privateKeyPath): string {
  return [
    '[profile onprem]',
    MARK,
    'credential_process = rolesanywhere credential-process --profile onprem',
    `rolesanywhere_certificate = ${certificate}`,
    `rolesanywhere_private_key = ${key}`,
    `rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}`,
    `rolesanywhere_profile_arn = ${PROFILE_ARN}`,
    `rolesanywhere_role_arn = ${ROLE_ARN}`,
    'region = eu-central-1',
    '',
  ].join('\n')
}

describe.skipIf(!hasProgram('setsid'))('configure with flags', () => {
  const given = (): readonly string[] => ['--profile', 'onprem', ...client.flags, ...ARNS]

  it('writes a profile that works, with its ARNs in any order', async () => {
    const { exitCode, stdout, stderr } = await configure([...given(), '--test'])
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('wrote profile "onprem"')])
    expect(stdout.toString()).toMatch(
      /^ok +service-session: session: one was given, until .+\n(?:.*\n)*\d+ ok, .*0 problem/mu,
    )
    expect(readFileSync(config, 'utf8')).toBe(section())
    expect(statSync(config).mode & 0o777).toBe(0o600)
    const run = await runCli(['credential-process', '--profile', 'onprem'], { env: environment() })
    expect(credentialsIn(run)).toMatchObject({ Version: 1 })
  })

  it('finds the one pair of a folder, and writes its paths absolute', async () => {
    const { exitCode } = await configure(['--profile', 'onprem', '--folder', 'keys', ...ARNS], {
      cwd: stage.folder,
    })
    expect([exitCode, readFileSync(config, 'utf8')]).toEqual([0, section()])
    rmSync(config)
    const flags = ['--certificate', 'keys/client.pem', '--private-key', 'keys/client.key']
    await configure(['--profile', 'onprem', ...flags, ...ARNS], { cwd: stage.folder })
    expect(readFileSync(config, 'utf8')).toBe(section())
  })

  it('prints with --dry-run what would change, and changes nothing', async () => {
    writeFileSync(config, '[default]\nregion = x\n')
    const { stdout } = await configure([...given(), '--dry-run'])
    const added = section().trimEnd().split('\n')
    expect(stdout.toString()).toBe(
      ['  [default]', '  region = …', '+', ...added.map((line) => `+ ${line}`), ''].join('\n'),
    )
    expect(readFileSync(config, 'utf8')).toBe('[default]\nregion = x\n')
    expect(readdirSync(join(home, '.aws'))).toEqual(['config'])
  })

  it.each([
    ['LF', '# mine\n[default]\noutput=json\n', 0o644],
    ['CRLF', '\uFEFF[default]\r\noutput=json\r\n', 0o640],
    ['no last line end', '[profile other]\ns3 =\n  max = 1', 0o600],
  ])(
    'keeps every byte and the mode of a file with %s, and --undo brings it back',
    async (_what, text, mode) => {
      writeFileSync(config, text, { mode })
      const before = statSync(config).mode
      expect((await configure(given())).exitCode).toBe(0)
      const eol = text.includes('\r\n') ? '\r\n' : '\n'
      const gap = text.endsWith('\n') ? eol : eol + eol
      expect(readFileSync(config, 'utf8')).toBe(text + gap + section().replaceAll('\n', eol))
      expect(statSync(config).mode).toBe(before)
      const { exitCode, stderr } = await configure(['--undo'])
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining('- [profile onprem]')])
      expect(readFileSync(config, 'utf8')).toBe(text)
      expect(readdirSync(join(home, '.aws'))).toEqual(['config'])
      expect((await configure(['--undo'])).stderr).toContain('there is nothing to undo')
    },
  )

  it('keeps one backup, and does not undo over what somebody wrote since', async () => {
    await configure(given())
    await configure([...given(), '--session-duration', '900'])
    expect(readFileSync(config, 'utf8')).toContain('rolesanywhere_session_duration = 900\n')
    expect(readdirSync(join(home, '.aws'))).toHaveLength(2)
    writeFileSync(config, `${readFileSync(config, 'utf8')}# mine\n`)
    const refused = await configure(['--undo'])
    expect([refused.exitCode, refused.stderr]).toEqual([
      7,
      expect.stringContaining('somebody has changed'),
    ])
    expect((await configure(['--undo', '--force'])).exitCode).toBe(0)
    expect(readFileSync(config, 'utf8')).toBe(section())
  })

  it('takes away what the profile no longer says, and keeps what the user added to it', async () => {
    await configure([...given(), '--session-duration', '900'])
    const text = readFileSync(config, 'utf8').replace('region = eu-central-1', 'region = us-east-1')
    writeFileSync(config, `${text}output = json\n`)
    await configure(given())
    const wanted = section().replace('region = eu-central-1', 'region = us-east-1')
    expect(readFileSync(config, 'utf8')).toBe(`${wanted}output = json\n`)
  })

  it('does not touch a profile of somebody else without --force', async () => {
    const foreign = '[profile onprem]\nsso_session = corp\n'
    writeFileSync(config, foreign)
    const refused = await configure(given())
    expect([refused.exitCode, refused.stderr]).toEqual([
      7,
      expect.stringContaining('did not write'),
    ])
    expect(readFileSync(config, 'utf8')).toBe(foreign)
    expect((await configure([...given(), '--force'])).exitCode).toBe(0)
    expect(readFileSync(config, 'utf8')).toContain('sso_session = corp\n')
  })

  it('writes through a symbolic link of the user', async () => {
    mkdirSync(join(home, 'dotfiles'))
    writeFileSync(join(home, 'dotfiles/config'), '# mine\n')
    symlinkSync('../dotfiles/config', config)
    expect((await configure(given())).exitCode).toBe(0)
    expect(lstatSync(config).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(home, 'dotfiles/config'), 'utf8')).toBe(`# mine\n\n${section()}`)
  })

  it('makes the folder where there is none', async () => {
    rmSync(join(home, '.aws'), { recursive: true })
    expect((await configure(given())).exitCode).toBe(0)
    expect(statSync(join(home, '.aws')).mode & 0o777).toBe(0o700)
  })

  it('says that a profile of the same name in the credentials file comes first', async () => {
    writeFileSync(join(home, '.aws/credentials'), '[onprem]\naws_access_key_id = A\n')
    expect((await configure(given())).stderr).toContain('has a section [onprem] too')
  })

  it('says that keys in the section itself come first', async () => {
    writeFileSync(config, '[profile onprem]\naws_access_key_id = A\n')
    expect((await configure([...given(), '--force'])).stderr).toContain('comes before')
  })

  it('writes a profile that assumes a role on top of another one', async () => {
    await configure(given())
    const chain = ['--profile', 'admin', '--source-profile', 'onprem', '--role-arn', ROLE_ARN]
    expect((await configure([...chain, '--role-session-name', 'me'])).exitCode).toBe(0)
    expect(readFileSync(config, 'utf8')).toBe(
      `${section()}\n[profile admin]\n${MARK}\nrole_arn = ${ROLE_ARN}\nsource_profile = onprem\nrole_session_name = me\n`,
    )
  })

  it.each([
    [[], 'configure needs --profile'],
    [['--profile', 'a b'], 'cannot be the name of a profile'],
    [['--profile', 'p', '--folder', '/nonexistent'], '"/nonexistent"'],
    [['--profile', 'p', '--certificate', 'x'], 'needs the ARN of trust anchor, profile, role'],
    [['--profile', 'p', '--certificate', 'x', '--arn', ROLE_ARN], 'ARN of trust anchor, profile'],
    [['--profile', 'p', '--certificate', 'x', ...ARNS, '--arn', `${ROLE_ARN}2`], 'both of a role'],
    [
      [
        '--profile',
        'p',
        '--certificate',
        'x',
        ...ARNS.slice(2),
        '--arn',
        ROLE_ARN.replace('::1', '::2'),
      ],
      'in account',
    ],
    [['--profile', 'p', '--source-profile', 'q'], 'configure needs --role-arn'],
    [
      ['--profile', 'p', '--certificate', 'pkcs11:token=a?pin-value=1234', ...ARNS],
      'with a PIN in it',
    ],
    [['--profile', 'p', '--certificate', '/x #y.pem', ...ARNS], 'cannot stand in'],
  ])('%j is refused, and nothing is written', async (args, said) => {
    const { exitCode, stdout, stderr } = await configure(args, { cwd: home })
    expect([exitCode === 0, stdout.length]).toEqual([false, 0])
    expect(stderr).toContain(said)
    expect(existsSync(config)).toBe(false)
  })
})

describe.skipIf(!hasProgram('python3'))('configure on a terminal', () => {
  const type = (text: string, answer: string): TerminalStep => ({
    place: 'terminal',
    text,
    type: answer,
  })

  it('asks for what is missing, in the open', async () => {
    const result = await runOnTerminal(
      ['configure', '--folder', join(stage.folder, 'keys')],
      [
        type('Name of the AWS profile', 'onprem\r'),
        type('1) CN=web, until', '\r'),
        type('ARN of trust anchor, profile, role', `${ROLE_ARN} nonsense\r`),
        // Two at once: the second line answers the next question.
        type('ARN of trust anchor, profile, in', `arn:aws:iam::1:x\r${PROFILE_ARN}\r`),
        type('ARN of trust anchor, in', `${TRUST_ANCHOR_ARN}\r`),
        type('Write this?', 'y\r'),
      ],
      environment(),
    )
    expect([result.exitCode, result.stepsLeft, result.restored]).toEqual([0, 0, true])
    expect(result.terminal).toContain('is the ARN of something else')
    expect(result.terminal).toContain('+ [profile onprem]')
    expect(result.stdout).toMatch(/^ok +settings-profile: profile: "onprem"$/mu)
    expect(result.stdout).toMatch(/^skipped +service: only online$/mu)
    expect(result.echo.every(Boolean)).toBe(true)
    expect(readFileSync(config, 'utf8')).toBe(section())
  })

  it('takes a path in place of what it found', async () => {
    const result = await runOnTerminal(
      ['configure', '--profile', 'onprem', '--folder', join(home, '.aws'), ...ARNS],
      [
        type('Certificate: a path', `${client.certificatePath}\r`),
        type('Private key', `${client.privateKeyPath}\r`),
        type('Write this?', '\r'),
      ],
      environment(),
    )
    expect(result.exitCode).toBe(0)
    expect(readFileSync(config, 'utf8')).toBe(section())
  })

  it.each<readonly [string, TerminalStep, number]>([
    ['the answer no', type('Write this?', 'n\r'), 130],
    ['Ctrl-C', type('Write this?', '\u0003'), 130],
    ['Ctrl-D', type('Write this?', '\u0004'), 130],
    ['SIGTERM', { place: 'terminal', text: 'Write this?', signal: 'SIGTERM' }, 143],
  ])('writes nothing after %s', async (_what, last, exitCode) => {
    const result = await runOnTerminal(
      ['configure', ...client.flags, ...ARNS],
      [type('Name of the AWS profile', '\r'), last],
      environment(),
    )
    expect([result.exitCode, result.restored]).toEqual([exitCode, true])
    expect(existsSync(config)).toBe(false)
  })
})

describe.skipIf(!hasSoftToken || !hasProgram('setsid'))('configure with a token', () => {
  it('finds its certificate without a login, and the profile works', async () => {
    using tokens = new SoftTokens()
    tokens.addToken('card')
    const leaf = await stage.authority.issue({ subject: 'CN=card' })
    tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
    tokens.addCertificate('card', stage.authority.certificatePem, { id: '02', label: 'ca' })
    tokens.addKey('card', leaf.privateKeyPem, { id: '01', label: 'leaf' })
    const token = ['--pkcs11-lib', SOFTHSM, '--pin', `file:${tokens.file('pin', PIN)}`]
    const { exitCode, stderr } = await configure(
      ['--profile', 'onprem', '--folder', home, ...token, ...ARNS, '--test'],
      { env: { ...environment(), ...tokens.env } },
    )
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('wrote profile')])
    const text = readFileSync(config, 'utf8')
    expect(text).toMatch(/^rolesanywhere_certificate = pkcs11:\S*object=leaf;type=cert$/mu)
    expect(text).toContain(`rolesanywhere_pin = file:${tokens.folder}/pin\n`)
  })
})
