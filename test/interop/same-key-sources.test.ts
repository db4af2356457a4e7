/**
 * The library and the command line take the same keys: one table of options, and each row is given to both.
 *
 * What a row says goes to the library as it is, and to the command line as flags that follow from the names.
 * The emulator judges both signatures.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { fromRolesAnywhere, type FromRolesAnywhereOptions } from '../../src/index.ts'
import { IDENTITY_SETTINGS } from '../../src/settings/table/identity-settings.ts'
import { hasProgram } from '../support/capabilities.ts'
import {
  ARN_FLAGS,
  credentialsIn,
  openStage,
  type Stage,
  type StagedIdentity,
} from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'
import {
  SIGNING_KEY_ATTRIBUTES,
  startSwtpm,
  STORAGE_KEY_ATTRIBUTES,
  type SoftwareTpm,
} from '../support/swtpm.ts'

type Options = Omit<FromRolesAnywhereOptions, 'trustAnchorArn' | 'profileArn' | 'roleArn'>

interface Row {
  readonly what: string
  readonly options: () => Options
}

const PASSWORD = 'correct horse: battery "staple" é'
const HANDLE = '0x81000021'
const hasOpenssl = hasProgram('openssl')
const hasTpm =
  hasOpenssl && ['swtpm', 'tpm2_create', 'tpm2_encodeobject'].every((name) => hasProgram(name))

let stage: Stage
let emulator: Emulator
let client: StagedIdentity
let encryptedKey: string
let intermediates: string
let below: StagedIdentity
let tokens: SoftTokens | undefined
let tpm: SoftwareTpm | undefined
/** Of this process and of the executable alike. */
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  stage = await openStage()
  emulator = await stage.emulate()
  client = await stage.issue('client', { subject: 'CN=client' })
  encryptedKey = stage.write('encrypted.key', encrypted(client.privateKeyPem))
  const issuing = await stage.authority.issueAuthority({ subject: 'CN=Issuing' })
  intermediates = stage.write('issuing.pem', issuing.certificatePem)
  below = stage.place('below', await issuing.issue({ subject: 'CN=client' }))
  stage.write('both.pem', client.certificatePem + client.privateKeyPem)
  stage.write('client.der', new X509Certificate(client.certificatePem).raw)
  stage.write('key.der', createPrivateKey(client.privateKeyPem).export(PKCS8_DER))
  stage.write('password', `${PASSWORD}\n`)
  await fillFolder()
  if (hasOpenssl) exportPkcs12()
  if (hasSoftToken) tokens = fillTokens()
  if (hasTpm) tpm = await fillTpm()
  env = {
    ...tokens?.env,
    HOME: stage.folder,
    CERTIFICATE: client.certificatePem,
    PRIVATE_KEY: Buffer.from(client.privateKeyPem).toString('base64'),
    KEY_PASSWORD: PASSWORD,
    TOKEN_PIN: PIN,
    CREDENTIALS_DIRECTORY: stage.folder,
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
}, 120_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  tokens?.[Symbol.dispose]()
  await tpm?.[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

const PKCS8_DER = { format: 'der', type: 'pkcs8' } as const
const inStage = (name: string): string => join(stage.folder, name)

function encrypted(privateKeyPem: string): string {
  return createPrivateKey(privateKeyPem)
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: PASSWORD })
    .toString()
}

/** Two pairs of one name, of which one lasts longer, and a stranger. */
async function fillFolder(): Promise<void> {
  mkdirSync(inStage('pairs'))
  const notAfter = new Date('2060-01-01')
  for (const [name, options] of [
    ['client', {}],
    ['later', { subject: 'CN=client', notAfter }],
    ['stranger', { subject: 'CN=stranger', notAfter }],
  ] as const) {
    const pair = name === 'client' ? client : await stage.authority.issue(options)
    stage.write(`pairs/${name}.pem`, pair.certificatePem + pair.privateKeyPem)
  }
}

function exportPkcs12(): void {
  const args = ['pkcs12', '-export', '-in', client.certificatePath, '-inkey', client.privateKeyPath]
  execFileSync('openssl', [...args, '-out', inStage('client.p12'), '-passout', 'env:P12'], {
    env: { PATH: process.env['PATH'], P12: PASSWORD },
  })
  chmodSync(inStage('client.p12'), 0o600)
}

function fillTokens(): SoftTokens {
  const made = new SoftTokens()
  made.addToken('card')
  made.addCertificate('card', client.certificatePem, { id: '01', label: 'client' })
  made.addKey('card', client.privateKeyPem, { id: '01', label: 'client' })
  made.addToken('strict')
  const options = { alwaysAuthenticate: true }
  made.addCertificate('strict', client.certificatePem, { id: '01', label: 'client' })
  made.addKey('strict', client.privateKeyPem, { id: '01', label: 'client' }, options)
  return made
}

/** A key under a persistent handle, and as a file, with a certificate that openssl made for it. */
async function fillTpm(): Promise<SoftwareTpm> {
  const made = await startSwtpm()
  const flush = async (): Promise<void> => {
    for (const kind of ['-t', '-l', '-s']) await made.run('tpm2_flushcontext', kind)
  }
  const run = async (program: string, ...args: readonly string[]): Promise<void> => {
    await made.run(program, ...args)
    await flush()
  }
  const of = ['-u', 'key.pub', '-r', 'key.priv']
  const primary = ['-C', 'o', '-g', 'sha256', '-G', 'ecc256:null:aes128cfb']
  await run('tpm2_createprimary', '-Q', ...primary, '-a', STORAGE_KEY_ATTRIBUTES, '-c', 'primary')
  const kind = ['-C', 'primary', '-G', 'ecc256:ecdsa-sha256', '-a', SIGNING_KEY_ATTRIBUTES]
  await run('tpm2_create', '-Q', ...kind, ...of, '-p', PASSWORD_OF_TPM)
  await run('tpm2_encodeobject', '-C', 'primary', ...of, '-o', 'key.tss2')
  await run('tpm2_load', '-Q', '-C', 'primary', ...of, '-c', 'key.ctx')
  await run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'key.ctx', HANDLE)
  await run('tpm2_readpublic', '-Q', '-c', HANDLE, '-f', 'pem', '-o', 'key.spki')
  chmodSync(join(made.folder, 'key.tss2'), 0o600)
  const { certificatePem, privateKeyPem } = stage.authority
  writeFileSync(join(made.folder, 'ca.pem'), certificatePem)
  writeFileSync(join(made.folder, 'ca.key'), privateKeyPem)
  writeFileSync(join(made.folder, 'ext'), 'keyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n')
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: made.folder, stdio: 'ignore' })
  }
  const unused = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', 'unused.key']
  openssl('req', '-new', ...unused, '-nodes', '-subj', '/CN=client', '-out', 'csr')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '30', '-extfile', 'ext']
  openssl('x509', '-req', '-in', 'csr', ...signed, '-force_pubkey', 'key.spki', '-out', 'key.crt')
  stage.write('tpm-password', PASSWORD_OF_TPM)
  return made
}

const PASSWORD_OF_TPM = 'tpm password'

const FILE_ROWS: readonly Row[] = [
  {
    what: 'two PEM files',
    options: () => ({ certificate: client.certificatePath, privateKey: client.privateKeyPath }),
  },
  { what: 'one PEM file', options: () => ({ certificate: inStage('both.pem') }) },
  {
    what: 'DER files, as file:',
    options: () => ({
      certificate: `file:${inStage('client.der')}`,
      privateKey: `file:${inStage('key.der')}`,
    }),
  },
  {
    what: 'files in the home folder',
    options: () => ({ certificate: '~/client.pem', privateKey: 'file:~/client.key' }),
  },
  {
    what: 'the environment',
    options: () => ({ certificate: 'env:CERTIFICATE', privateKey: 'env:PRIVATE_KEY' }),
  },
  {
    what: 'commands',
    options: () => ({
      certificate: `cmd:cat '${client.certificatePath}'`,
      privateKey: `cmd:cat '${client.privateKeyPath}'`,
    }),
  },
  {
    what: 'credentials of systemd',
    options: () => ({ certificate: 'credential:client.pem', privateKey: 'credential:client.key' }),
  },
  ...['env:KEY_PASSWORD', 'file:~/password', "cmd:cat '%/password'", 'credential:password'].map(
    (keyPassword) => ({
      what: `an encrypted key, its password by ${keyPassword}`,
      options: () => ({
        certificate: client.certificatePath,
        privateKey: encryptedKey,
        keyPassword: keyPassword.replace('%', stage.folder),
        strictPermissions: true,
      }),
    }),
  ),
  {
    what: 'intermediates',
    options: () => ({
      certificate: below.certificatePath,
      privateKey: below.privateKeyPath,
      intermediates,
    }),
  },
  {
    what: 'a folder, a selector and the latest',
    options: () => ({
      certificate: inStage('pairs'),
      certSelector: 'Key=x509Subject,Value=CN=client',
      useLatestExpiringCertificate: true,
    }),
  },
]

const OPENSSL_ROWS: readonly Row[] = [
  {
    what: 'PKCS#12',
    options: () => ({ certificate: inStage('client.p12'), keyPassword: 'env:KEY_PASSWORD' }),
  },
  {
    what: 'a command that signs',
    options: () => ({
      certificate: client.certificatePath,
      signerCommand: `openssl dgst -sha256 -sign '${client.privateKeyPath}'`,
    }),
  },
]

const TOKEN_ROWS: readonly Row[] = [
  {
    what: 'a token',
    options: () => ({
      certificate: 'pkcs11:token=card',
      pkcs11Lib: SOFTHSM,
      pin: 'env:TOKEN_PIN',
      allowFinalPinTry: true,
    }),
  },
  {
    what: 'a token whose URI says everything',
    options: () => ({
      certificate: `pkcs11:token=card?pin-source=env:TOKEN_PIN&module-path=${SOFTHSM}`,
    }),
  },
  {
    what: 'a certificate in a file and its key on a token',
    options: () => ({
      certificate: client.certificatePath,
      privateKey: 'pkcs11:token=card;object=client',
      pkcs11Lib: SOFTHSM,
      pin: 'env:TOKEN_PIN',
    }),
  },
  {
    what: 'a key that asks for its PIN with every signature',
    options: () => ({
      certificate: 'pkcs11:token=strict',
      pkcs11Lib: SOFTHSM,
      pin: 'env:TOKEN_PIN',
      reusePin: true,
    }),
  },
]

const TPM_ROWS: readonly Row[] = [
  {
    what: 'a key file of a TPM',
    options: () => ({
      certificate: join(tpm!.folder, 'key.crt'),
      privateKey: join(tpm!.folder, 'key.tss2'),
      keyPassword: 'file:~/tpm-password',
      tpmDevice: tpm!.socketPath,
    }),
  },
  {
    what: 'a handle of a TPM',
    options: () => ({
      certificate: join(tpm!.folder, 'key.crt'),
      privateKey: `handle:${HANDLE}`,
      keyPassword: 'file:~/tpm-password',
      tpmDevice: tpm!.socketPath,
    }),
  },
]

/** The same for the executable: `keyPassword: 'env:X'` is `--key-password env:X`. */
function flagsFor(options: Options): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`
    return value === true ? [flag] : [flag, String(value)]
  })
}

async function runCommandLine(options: Options): Promise<CliResult> {
  const args = [...flagsFor(options), ...ARN_FLAGS, '--endpoint', emulator.url]
  return await runCli(['credential-process', ...args], { env })
}

async function runLibrary(options: Options): Promise<unknown> {
  return await fromRolesAnywhere({
    trustAnchorArn: TRUST_ANCHOR_ARN,
    profileArn: PROFILE_ARN,
    roleArn: ROLE_ARN,
    endpoint: emulator.url,
    ...options,
  })()
}

/** Whose certificate the emulator accepted, request by request. */
function accepted(): readonly string[] {
  return emulator.requests.map(({ verdict }) =>
    verdict.kind === 'accepted' ? `${verdict.subject} ${verdict.sessionArn}` : verdict.kind,
  )
}

describe('the library and the command line', () => {
  async function expectSame({ options }: Row): Promise<void> {
    const before = accepted().length
    expect(await runLibrary(options())).toMatchObject({ accountId: '111122223333' })
    expect(credentialsIn(await runCommandLine(options()))).toMatchObject({ Version: 1 })
    const [first, second, ...others] = accepted().slice(before)
    expect(first).toMatch(/^CN=client /u)
    expect(second).toBe(first)
    expect(others).toEqual([])
  }

  it.each(FILE_ROWS)('take $what', expectSame)
  it.skipIf(!hasOpenssl).each(OPENSSL_ROWS)('take $what', expectSame)
  it.skipIf(!hasSoftToken).each(TOKEN_ROWS)('take $what', expectSame, 30_000)
  it.skipIf(!hasTpm).each(TPM_ROWS)('take $what', expectSame, 30_000)

  it('are asked here for every setting that says who we are', () => {
    const rows = [...FILE_ROWS, ...OPENSSL_ROWS, ...TOKEN_ROWS, ...(hasTpm ? TPM_ROWS : [])]
    const used = new Set(rows.flatMap(({ options }) => Object.keys(options())))
    const missing = IDENTITY_SETTINGS.map(({ name }) => name).filter((name) => !used.has(name))
    expect(missing).toEqual(
      [
        // Passwords themselves, which only command lines of the reference helper bring.
        'pkcs8Password',
        ...(hasTpm ? [] : ['tpmDevice']),
        'tpmKeyPassword',
        'noTpmKeyPassword',
        // Refused by the command line, unknown to the library.
        'systemStoreName',
        // Who is asked, which the library leaves to its caller; and of requests for certificates alone.
        'prompt',
        'publicKey',
        'generate',
        'inTpm',
      ].toSorted((a, b) => indexOf(a) - indexOf(b)),
    )
  })

  const indexOf = (setting: string): number =>
    IDENTITY_SETTINGS.findIndex(({ name }) => name === setting)

  it.each<readonly [code: string, options: () => Options]>([
    ['ERR_CONFIG_FILE_UNREADABLE', () => ({ certificate: '~/nothing.pem' })],
    ['ERR_KEY_MISSING', () => ({ certificate: client.certificatePath })],
    ['ERR_KEY_MISMATCH', () => ({ certificate: intermediates, privateKey: client.privateKeyPath })],
    [
      'ERR_KEY_PASSWORD_REQUIRED',
      () => ({ certificate: client.certificatePath, privateKey: encryptedKey }),
    ],
    [
      'ERR_KEY_PASSWORD_INCORRECT',
      () => ({
        certificate: client.certificatePath,
        privateKey: encryptedKey,
        keyPassword: 'env:TOKEN_PIN',
      }),
    ],
    [
      'ERR_USAGE_INVALID_VALUE',
      () => ({ certificate: client.certificatePath, keyPassword: 'hunter2' }),
    ],
    [
      'ERR_USAGE_INVALID_VALUE',
      () => ({ certificate: client.certificatePath, privateKey: 'handle:0x01' }),
    ],
    ['ERR_CONFIG_PKCS11_URI_INVALID', () => ({ certificate: 'pkcs11:token' })],
    [
      'ERR_USAGE_CONFLICT',
      () => ({
        certificate: client.certificatePath,
        privateKey: client.privateKeyPath,
        signerCommand: 'true',
      }),
    ],
    ['ERR_USAGE_CONFLICT', () => ({ certificate: 'pkcs11:token=card', signerCommand: 'true' })],
    ['ERR_CONFIG_CERTIFICATE_AMBIGUOUS', () => ({ certificate: inStage('pairs') })],
    [
      'ERR_CONFIG_CERTIFICATE_MISSING',
      () => ({ certificate: inStage('pairs'), certSelector: 'Key=x509Subject,Value=CN=nobody' }),
    ],
  ])('refuse with %s', async (code, options) => {
    const failing = Promise.try(async () => runLibrary(options()))
    await expect(failing).rejects.toMatchObject({ code })
    expect((await runCommandLine(options())).stderr).toContain(`[${code}]`)
  })
})
