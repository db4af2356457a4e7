/**
 * Keys on tokens through the real executable: the emulator accepts what they sign, openssl verifies
 * it, calls are counted by OpenSC's spy, and every refusal has its own words and exit code 4.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { demand, hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, credentialsIn, openStage, type Stage } from '../support/cli-stage.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { EXECUTABLE, runCli, type CliResult } from '../support/run-cli.ts'
import {
  hasCompiler,
  hasSoftToken,
  P11_KIT_PROXY,
  PIN,
  ProxyModule,
  SOFTHSM,
  SoftTokens,
} from '../support/soft-token.ts'

const SPY = join(dirname(P11_KIT_PROXY), 'pkcs11/pkcs11-spy.so')
const LIBRARY = ['--pkcs11-lib', SOFTHSM]
const LEAF = 'pkcs11:token=card;object=leaf'

describe.skipIf(!hasSoftToken)('keys on tokens', () => {
  let stage: Stage
  let tokens: SoftTokens
  let emulator: Emulator
  let pinFile: string

  beforeAll(async () => {
    stage = await openStage()
    tokens = new SoftTokens()
    emulator = await stage.emulate()
    pinFile = tokens.file('pin', `${PIN}\n`)
    const intermediate = await stage.authority.issueAuthority()
    const leaf = await intermediate.issue({ keyType: 'rsa', subject: 'CN=card,O=Example' })
    const other = await stage.authority.issue({ keyType: 'ec' })
    tokens.addToken('card')
    tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
    tokens.addKey('card', leaf.privateKeyPem, { id: '01', label: 'leaf' })
    tokens.addCertificate('card', intermediate.certificatePem, { id: '02', label: 'issuer' })
    tokens.addKey('card', other.privateKeyPem, { id: '03', label: 'other' })
    stage.place('leaf', leaf)
  }, 60_000)

  afterAll(async () => {
    tokens[Symbol.dispose]()
    await stage[Symbol.asyncDispose]()
  })

  const run = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> => runCli(args, { env: { ...tokens.env, ...env } })
  const credentialProcess = (certificate = LEAF): readonly string[] => [
    ...['credential-process', '--certificate', certificate, ...ARN_FLAGS],
    ...['--endpoint', emulator.url],
  ]
  const withPin = (): readonly string[] => ['--pin', `file:${pinFile}`]

  it('credentials for a certificate, chain and key on one token', async () => {
    const result = await run([...credentialProcess(), ...LIBRARY, ...withPin()])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
  })

  it('the module is found through p11-kit when none is named', async () => {
    const result = await run([...credentialProcess(), ...withPin()])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
  })

  it('a certificate in a file, whose key and intermediate are on the token', async () => {
    const result = await run([
      ...credentialProcess(join(stage.folder, 'leaf.pem')),
      ...['--private-key', 'pkcs11:token=card;id=%01;type=private', ...LIBRARY, ...withPin()],
    ])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
  })

  it.runIf(hasProgram('openssl'))('openssl verifies what sign-string prints', async () => {
    const result = await runCli(
      [
        'sign-string',
        '--private-key',
        LEAF,
        ...LIBRARY,
        ...withPin(),
        '--stdin',
        '--format',
        'bin',
      ],
      { env: tokens.env, stdin: 'a message' },
    )
    expect(result.stderr).toBe('')
    const signature = stage.write('signature', result.stdout)
    const message = stage.write('message', 'a message')
    const publicKey = execFileSync('openssl', [
      'x509',
      '-in',
      join(stage.folder, 'leaf.pem'),
      '-pubkey',
      '-noout',
    ])
    const verdict = execFileSync('openssl', [
      ...['dgst', '-sha256', '-verify', stage.write('public.pem', publicKey)],
      ...['-signature', signature, message],
    ])
    expect(verdict.toString()).toBe('Verified OK\n')
  })

  it.runIf(hasCompiler)('one login and one signature per CreateSession', async () => {
    const proxy = new ProxyModule(tokens)
    const args = [...credentialProcess(), '--pkcs11-lib', proxy.path, ...withPin()]
    credentialsIn(await run(args, proxy.env()))
    expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0x0'])
    expect(proxy.calls('C_Sign')).toEqual(['C_Sign 0x0'])
    expect(proxy.calls('C_Finalize')).toEqual(['C_Finalize 0x0'])
  })

  it.runIf(demand(existsSync(SPY), SPY))('and OpenSC’s spy counts the same', async () => {
    const log = join(tokens.folder, 'spy.log')
    const args = [...credentialProcess(), '--pkcs11-lib', SPY, ...withPin()]
    credentialsIn(await run(args, { PKCS11SPY: SOFTHSM, PKCS11SPY_OUTPUT: log }))
    const calls = readFileSync(log, 'utf8').match(/\bC_\w+$/gmu) ?? []
    expect(calls.filter((call) => call === 'C_Login')).toHaveLength(1)
    expect(calls.filter((call) => call === 'C_SignInit')).toHaveLength(1)
    expect(calls.filter((call) => call === 'C_Sign')).toHaveLength(1)
  })

  describe('refusals: exit code 4, a hint, and nothing on stdout', () => {
    const cases: readonly (readonly [
      name: string,
      certificate: string,
      more: readonly string[],
      words: string,
    ])[] = [
      ['a wrong PIN', LEAF, ['--pin', 'env:WRONG'], 'ERR_TOKEN_PIN_INCORRECT'],
      ['no PIN and no terminal', LEAF, [], 'ERR_TOKEN_PIN_REQUIRED'],
      [
        'a wrong label',
        'pkcs11:token=card;object=nothing',
        ['--pin', 'env:PIN'],
        'ERR_TOKEN_OBJECT_NOT_FOUND',
      ],
      [
        'a wrong label and no PIN',
        'pkcs11:token=card;object=nothing',
        [],
        'without a login no certificate matches',
      ],
      [
        'an id in hex digits',
        'pkcs11:token=card;id=01',
        ['--pin', 'env:PIN'],
        'did you mean id=%01?',
      ],
      ['an id in hex digits and no PIN', 'pkcs11:token=card;id=01', [], '; did you mean id=%01?'],
      ['no such token', 'pkcs11:token=nobody', [], 'ERR_TOKEN_NOT_FOUND'],
      [
        'another key',
        LEAF,
        ['--private-key', 'pkcs11:token=card;object=other', '--pin', `env:PIN`],
        'ERR_KEY_MISMATCH',
      ],
      [
        'a file that is no module',
        LEAF,
        ['--pkcs11-lib', '/etc/passwd'],
        'ERR_TOKEN_MODULE_UNUSABLE',
      ],
    ]
    it.each(cases)('%s', async (_name, certificate, more, words) => {
      const library = more.includes('--pkcs11-lib') ? [] : LIBRARY
      const result = await run([...credentialProcess(certificate), ...library, ...more], {
        WRONG: 'hunter2',
        PIN,
      })
      expect(result.exitCode).toBe(4)
      expect(result.stdout.length).toBe(0)
      expect(result.stderr).toContain(words)
      expect(result.stderr).toContain('\nhint: ')
      expect(result.stderr).not.toContain('hunter2')
    })

    it('the id of a key in hex digits', async () => {
      const key = ['--private-key', 'pkcs11:token=card;id=03', ...LIBRARY, ...withPin()]
      const result = await run([...credentialProcess(join(stage.folder, 'leaf.pem')), ...key])
      expect(result.exitCode).toBe(4)
      expect(result.stderr).toContain('did you mean id=%03?')
    })

    it.runIf(hasCompiler)('a module that crashes', async () => {
      const proxy = new ProxyModule(tokens)
      const args = [...credentialProcess(), '--pkcs11-lib', proxy.path, ...withPin()]
      const result = await run(args, proxy.env('crash=C_Sign'))
      expect(result).toMatchObject({ exitCode: 4, signal: null })
      expect(result.stdout.length).toBe(0)
      expect(result.stderr).toContain('ERR_TOKEN_MODULE_CRASHED')
    })
  })

  it('no stream shows the PIN, with --debug neither', async () => {
    const canary = 'canary-4711'
    for (const certificate of [
      `${LEAF}?pin-value=${canary}`,
      `pkcs11:token=card;object=leaf;pin-value=${canary}`,
      `${LEAF}?pin-value=${canary}&pin-value=${canary}`,
      `${LEAF}?pin-value=${canary}%zz`,
      `pkcs11:token=nobody?pin-value=${canary}`,
    ]) {
      const result = await run([...credentialProcess(certificate), ...LIBRARY, '--debug'])
      expect(result.exitCode).toBeGreaterThan(0)
      expect(result.stdout.toString() + result.stderr).not.toContain(canary)
    }
  })

  it('a PIN in the URI works, with a warning', async () => {
    const result = await run([...credentialProcess(`${LEAF}?pin-value=${PIN}`), ...LIBRARY])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toContain('the PIN is written in the pkcs11 URI')
  })

  describe.runIf(hasProgram('python3'))('on a terminal', () => {
    it('the PIN is asked for by the token’s name, unseen, and again when it was wrong', async () => {
      const result = await runOnTerminal(
        [...credentialProcess(), ...LIBRARY],
        [
          { place: 'terminal', text: 'PIN of token "card": ', type: 'wrong\r' },
          { place: 'terminal', text: 'few tries left): ', type: `${PIN}\r` },
        ],
        tokens.env,
      )
      expect(result).toMatchObject({
        exitCode: 0,
        stepsLeft: 0,
        echo: [false, false],
        restored: true,
      })
      expect(result.stdout).toContain('"Version":1')
      expect(result.terminal).not.toContain('wrong\r')
    })

    it.runIf(hasCompiler)('a slow signature asks for a touch', async () => {
      const proxy = new ProxyModule(tokens)
      const result = await runOnTerminal(
        [...credentialProcess(), '--pkcs11-lib', proxy.path, ...withPin()],
        [],
        { ...tokens.env, ...proxy.env('delay=C_Sign') },
      )
      expect(result.exitCode).toBe(0)
      expect(result.terminal).toContain('touch the token "card" if it blinks')
      expect(result.stderr).toBe('')
    })
  })

  it('pkcs11 list prints URIs, as lines and as JSON', async () => {
    const lines = await run(['pkcs11', 'list', ...LIBRARY])
    expect(lines.stdout.toString()).toContain(';token=card;id=%01;object=leaf;type=cert')
    const json = await run([
      'pkcs11',
      'list',
      '--json',
      '--login',
      '--token',
      'pkcs11:token=card',
      ...LIBRARY,
      ...withPin(),
    ])
    const { modules } = JSON.parse(json.stdout.toString()) as {
      modules: { tokens: { keys: { uri: string; type: string }[] }[] }[]
    }
    expect(modules[0]!.tokens[0]!.keys.map(({ type }) => type)).toEqual(['RSA', 'EC'])
  })

  it('read-certificate-data lists what a URI matches, as the reference helper does', async () => {
    const result = await run(['read-certificate-data', '--certificate', LEAF, ...LIBRARY])
    expect(result.stdout.toString()).toMatch(
      /^Matching identities\n1\) [0-9a-f]{40} "O=Example,CN=card"\n\tURI: pkcs11:[^\n]*object=leaf;type=cert\n$/u,
    )
    const none = await run([
      'read-certificate-data',
      '--certificate',
      'pkcs11:token=card;object=x',
      ...LIBRARY,
      ...withPin(),
    ])
    expect(none.stdout.toString()).toBe('No matching identities\n')
  })
})

describe('without pkcs11js', () => {
  it('the error names the command that installs it, and files still work', async () => {
    await using stage = await openStage()
    const copy = join(stage.folder, 'package')
    mkdirSync(copy)
    const root = join(dirname(EXECUTABLE), '..')
    for (const part of ['bin', 'dist'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    symlinkSync(join(root, 'package.json'), join(copy, 'package.json'))
    const module = stage.write('module.so', 'never loaded', 0o600)
    const launcher = [process.execPath, join(copy, 'bin/rolesanywhere.js')] as const
    const result = await runCli(
      ['sign-string', '--private-key', 'pkcs11:object=key', '--pkcs11-lib', module],
      { launcher },
    )
    expect(result.exitCode).toBe(4)
    expect(result.stderr).toContain('ERR_TOKEN_SUPPORT_MISSING')
    expect(result.stderr).toContain('hint: npm install -g pkcs11js@2.1.7')
    const { privateKeyPath } = await stage.issue('file')
    expect(
      await runCli(['sign-string', '--private-key', privateKeyPath], { launcher }),
    ).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
  })
})
