/**
 * Secrets are planted everywhere, and searched for in everything a run leaves: stdout, stderr with
 * --debug in both forms, files, and the command lines that every user of the machine can read.
 *
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ARN_FLAGS,
  openStage,
  type Stage,
  type StagedEmulatorOptions,
  type StagedIdentity,
} from '../support/cli-stage.ts'
import { runCli, startCli, type CliOptions, type CliResult } from '../support/run-cli.ts'
import { findLeaks, needlesOf, type Needle } from './find-leaks.ts'

const KEY_PASSWORD = 'canary: the "key" password/ñ+1=%'
const OTHER_PASSWORD = 'canary: one more pässword, of no use'
const PROXY_PASSWORD = 'canary-proxy+password~of/someone'
const PIN = 'canary-pin+of/someone~4711'

let stage: Stage
let planted: readonly Needle[]
/** Certificate and encrypted key. */
let client: StagedIdentity
let encryptedKeyPem: string
/** Empty folders, and everything else by which a run could leave a file. */
let env: Record<string, string>
const servers: Server[] = []

beforeAll(async () => {
  stage = await openStage()
  client = await stage.issue('client', { keyType: 'rsa' })
  const key = createPrivateKey(client.privateKeyPem)
  encryptedKeyPem = key
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: KEY_PASSWORD })
    .toString()
  stage.write('encrypted.key', encryptedKeyPem)
  stage.write('password', KEY_PASSWORD)
  env = { KEY_PASSWORD, OTHER_PASSWORD, CREDENTIALS_DIRECTORY: stage.folder }
  for (const name of ['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME']) {
    env[name] = join(stage.folder, name)
    mkdirSync(env[name], { mode: 0o700 })
  }
  // Compiled code is all that a run may leave, and there is a lot of it.
  env['NODE_DISABLE_COMPILE_CACHE'] = '1'
  planted = needlesOf({
    'the key password': KEY_PASSWORD,
    'another password': OTHER_PASSWORD,
    'the proxy password': PROXY_PASSWORD,
    'the PIN': PIN,
    ...privateNumbers(key),
  })
})

afterAll(async () => {
  for (const server of servers) server.close()
  await stage[Symbol.asyncDispose]()
})

interface Case {
  readonly what: string
  readonly args: () => readonly string[]
  readonly options?: () => CliOptions
  /** Default: any failure. */
  readonly exitCode?: number
}

const file = (name: string): string => join(stage.folder, name)
const withKey = (path: string, ...more: readonly string[]): readonly string[] =>
  withoutKey('--private-key', path, ...more)
const withoutKey = (...more: readonly string[]): readonly string[] => {
  // Nothing listens at the endpoint.
  const usual = ['--certificate', client.certificatePath, '--endpoint', 'http://127.0.0.1:1']
  // A flag that is given twice is refused, and then nothing of the case is tried.
  const given = [...usual, ...ARN_FLAGS].filter(
    (_, index, all) => !more.includes(all[index - (index % 2)] ?? ''),
  )
  return ['credential-process', ...given, ...more]
}
const withEncryptedKey = (...more: readonly string[]): readonly string[] =>
  withKey(file('encrypted.key'), ...more)
const written = (name: string, content: string | Uint8Array, mode?: number): string =>
  stage.write(name, content, mode)

const PASSWORDS: readonly Case[] = [
  {
    what: 'a right password, and no service',
    args: () => withEncryptedKey('--key-password', 'env:KEY_PASSWORD'),
    exitCode: 6,
  },
  {
    what: 'a wrong password',
    args: () => withEncryptedKey('--key-password', 'env:OTHER_PASSWORD'),
    exitCode: 4,
  },
  {
    what: 'a password in place of its source',
    args: () => withEncryptedKey('--key-password', KEY_PASSWORD),
    exitCode: 2,
  },
  {
    what: 'a password in place of its source, in the environment',
    args: () => withEncryptedKey(),
    options: () => ({ env: { ROLESANYWHERE_KEY_PASSWORD: KEY_PASSWORD } }),
    exitCode: 2,
  },
  {
    what: 'a password in place of a variable name',
    args: () => withEncryptedKey('--key-password', `env:${KEY_PASSWORD}`),
    exitCode: 2,
  },
  {
    what: 'a password in place of a descriptor',
    args: () => withEncryptedKey('--key-password', `fd:${KEY_PASSWORD}`),
    exitCode: 2,
  },
  {
    what: 'a command that prints the password and fails',
    args: () => withEncryptedKey('--key-password', `cmd:echo '${KEY_PASSWORD}'; exit 3`),
    exitCode: 3,
  },
  {
    what: 'a command that cannot be parsed by the shell',
    args: () => withEncryptedKey('--key-password', `cmd:cat '${file('password')}' ) `),
    exitCode: 3,
  },
  {
    what: 'a password that is not UTF-8',
    args: () => withEncryptedKey('--key-password', 'stdin'),
    options: () => ({ stdin: Buffer.concat([Buffer.from(KEY_PASSWORD), Buffer.of(0xff)]) }),
    exitCode: 3,
  },
  {
    what: 'a password that is far too long',
    args: () => withEncryptedKey('--key-password', 'stdin'),
    options: () => ({ stdin: KEY_PASSWORD.repeat(5000) }),
    exitCode: 3,
  },
  {
    what: 'a password file that others may read',
    args: () =>
      withEncryptedKey(
        ...['--key-password', `file:${written('open-password', KEY_PASSWORD, 0o644)}`],
        '--strict-permissions',
      ),
    exitCode: 3,
  },
  {
    what: '--pkcs8-password, right',
    args: () => withEncryptedKey('--pkcs8-password', KEY_PASSWORD),
    exitCode: 6,
  },
  {
    what: '--pkcs8-password, wrong',
    args: () => withEncryptedKey('--pkcs8-password', OTHER_PASSWORD),
    exitCode: 4,
  },
  {
    what: 'two passwords that exclude each other',
    args: () => withEncryptedKey(`--pkcs8-password=${KEY_PASSWORD}`, '--key-password=prompt'),
    exitCode: 2,
  },
  {
    what: 'a misspelled password flag',
    args: () => withEncryptedKey(`--pkcs8-pasword=${KEY_PASSWORD}`),
    exitCode: 2,
  },
  {
    what: 'a password flag of another command',
    args: () => ['version', `--pkcs8-password=${KEY_PASSWORD}`],
    exitCode: 2,
  },
  {
    what: 'a password without its flag',
    args: () => withEncryptedKey(KEY_PASSWORD),
    exitCode: 2,
  },
  {
    what: 'a password of a TPM key beside a key that is none',
    args: () => withEncryptedKey('--tpm-key-password', KEY_PASSWORD),
    exitCode: 4,
  },
  {
    what: 'a PIN in a PKCS#11 URI',
    args: () => withKey(`pkcs11:object=x?pin-value=${encodeURIComponent(KEY_PASSWORD)}`),
    exitCode: 4,
  },
  {
    what: 'a question without a terminal',
    args: () => withEncryptedKey('--key-password', 'prompt'),
    exitCode: 3,
  },
  {
    what: 'sign-string with a wrong password',
    args: () => [
      ...['sign-string', '--private-key', file('encrypted.key')],
      ...['--key-password', 'env:OTHER_PASSWORD'],
    ],
    exitCode: 4,
  },
]

const KEYS: readonly Case[] = [
  {
    what: 'a key that is cut off',
    args: () => withKey(written('cut.key', client.privateKeyPem.slice(0, -400))),
    exitCode: 3,
  },
  {
    what: 'a key with a damaged character',
    args: () => withKey(written('damaged.key', damaged(client.privateKeyPem, '!'))),
    exitCode: 3,
  },
  {
    what: 'a key with a wrong number',
    args: () => withKey(written('wrong.key', damaged(client.privateKeyPem, 'AAAA'))),
    exitCode: 4,
  },
  {
    what: 'a key in DER that is cut off',
    args: () => withKey(written('cut.der', der(client).subarray(0, -100))),
    exitCode: 4,
  },
  {
    what: 'an encrypted key with a damaged character',
    args: () =>
      withKey(
        written('damaged-encrypted.key', damaged(encryptedKeyPem, 'AAAA')),
        ...['--key-password', 'env:KEY_PASSWORD'],
      ),
    exitCode: 4,
  },
  {
    what: 'a key without its certificate',
    args: () => withKey(client.privateKeyPath, '--certificate', file('stranger.pem')),
    options: () => ({ env: { UNUSED: written('stranger.pem', stage.authority.certificatePem) } }),
    exitCode: 4,
  },
  {
    what: 'a key that others may read',
    args: () => withKey(written('open.key', client.privateKeyPem, 0o644), '--strict-permissions'),
    exitCode: 3,
  },
  {
    what: 'a key in place of the certificate',
    args: () => withKey(client.privateKeyPath, '--certificate', client.privateKeyPath),
    exitCode: 3,
  },
  {
    what: 'a key in place of the intermediates',
    args: () => withKey(client.privateKeyPath, '--intermediates', client.privateKeyPath),
    exitCode: 3,
  },
  {
    what: 'a key in place of the CA bundle',
    args: () => withKey(client.privateKeyPath, '--ca-bundle', client.privateKeyPath),
    exitCode: 3,
  },
  {
    what: 'a key in place of the AWS config file',
    args: () => ['credential-process', '--profile', 'x'],
    options: () => ({ env: { AWS_CONFIG_FILE: client.privateKeyPath } }),
    exitCode: 3,
  },
  {
    what: 'a key in place of a path',
    args: () => withKey(client.privateKeyPem),
    exitCode: 2,
  },
  {
    what: 'a key on one line in place of a path',
    args: () => withKey(client.privateKeyPem.trimEnd().replaceAll('\n', '\\n')),
    exitCode: 2,
  },
  {
    what: 'the Base64 of a key in place of a path',
    args: () => withKey(der(client).toString('base64')),
    exitCode: 2,
  },
  {
    what: 'the Base64 of a key in place of a path, in the environment',
    args: () => withoutKey(),
    options: () => ({ env: { ROLESANYWHERE_PRIVATE_KEY: der(client).toString('base64') } }),
    exitCode: 2,
  },
  {
    what: 'a key in a command',
    args: () => withKey(`cmd:echo '${der(client).toString('base64')}'; false`),
    exitCode: 3,
  },
  {
    what: 'a key in place of the path of a password',
    args: () => withEncryptedKey('--key-password', `file:${der(client).toString('base64')}`),
    exitCode: 2,
  },
  {
    what: 'a key in the environment, and no service',
    args: () => withKey('env:CLIENT_KEY'),
    options: () => ({ env: { CLIENT_KEY: client.privateKeyPem } }),
    exitCode: 6,
  },
  {
    what: 'a damaged key in the environment',
    args: () => withKey('env:CLIENT_KEY'),
    options: () => ({ env: { CLIENT_KEY: client.privateKeyPem.slice(0, -400) } }),
    exitCode: 3,
  },
  {
    what: 'secrets in an AWS config file that does not parse',
    args: () => ['credential-process', '--profile', 'x'],
    options: () => ({
      env: {
        AWS_CONFIG_FILE: written(
          'bad-config',
          `[profile x]\naws_secret_access_key = ${KEY_PASSWORD}\n${OTHER_PASSWORD}\n`,
        ),
      },
    }),
    exitCode: 3,
  },
]

const csr = (...more: readonly string[]): readonly string[] => ['csr', '--subject=CN=x', ...more]
const configure = (...more: readonly string[]): readonly string[] => [
  ...['configure', '--profile', 'x', ...ARN_FLAGS, ...more],
]
/** A config file full of secrets, of our profile and of others. */
const secretive = (): Record<string, string> => ({
  AWS_CONFIG_FILE: written(
    'secretive',
    `[profile y]
aws_secret_access_key = ${KEY_PASSWORD}
[profile x]
rolesanywhere_pin = cmd:echo '${OTHER_PASSWORD}'
credential_process = x --pkcs8-password '${OTHER_PASSWORD}'
[profile z]
aws_session_token = ${PROXY_PASSWORD}
`,
  ),
})

const SETUPS: readonly Case[] = [
  {
    what: 'csr with a wrong password',
    args: () => csr('--private-key', file('encrypted.key'), '--key-password=env:OTHER_PASSWORD'),
    exitCode: 4,
  },
  {
    what: 'csr with a key in place of its path',
    args: () => csr('--private-key', der(client).toString('base64')),
    exitCode: 2,
  },
  {
    what: 'csr with a password for a key that is there',
    args: () =>
      csr(
        ...['--private-key', client.privateKeyPath, '--generate', 'ec-p256'],
        ...['--key-password', 'env:KEY_PASSWORD'],
      ),
    exitCode: 7,
  },
  {
    what: 'configure with a PIN in a URI',
    args: () => configure('--certificate', `pkcs11:token=x?pin-value=${PIN}`),
    exitCode: 2,
  },
  {
    what: 'configure with a key in place of a certificate',
    args: () => configure('--certificate', client.privateKeyPem),
    exitCode: 2,
  },
  {
    what: 'configure with a profile of somebody else',
    args: () => configure('--certificate', client.certificatePath),
    options: () => ({ env: secretive() }),
    exitCode: 7,
  },
  {
    what: 'configure --print with a key in place of the authority',
    args: () => configure('--print', 'terraform', '--trust-anchor', client.privateKeyPath),
    exitCode: 3,
  },
]

const remote = ['--endpoint', 'https://rolesanywhere.eu-central-1.invalid']
const proxied = (address: string): readonly string[] =>
  withKey(client.privateKeyPath, ...remote, '--proxy', address)
const user = encodeURIComponent(PROXY_PASSWORD)

const PROXIES: readonly Case[] = [
  { what: 'that is not there', args: () => proxied(`http://me:${user}@127.0.0.1:1`), exitCode: 6 },
  { what: 'without a scheme', args: () => proxied(`me:${user}@127.0.0.1:1`), exitCode: 6 },
  { what: 'of another kind', args: () => proxied(`socks5://me:${user}@127.0.0.1:1`) },
  { what: 'with a wrong port', args: () => proxied(`http://me:${user}@127.0.0.1:99999`) },
  {
    what: 'with a broken escape',
    args: () => proxied(`http://me:%zz${PROXY_PASSWORD}@127.0.0.1:1`),
  },
  { what: 'that is no address', args: () => proxied(`http://me:${user}@[`) },
  {
    what: 'in HTTPS_PROXY',
    args: () => withKey(client.privateKeyPath, ...remote),
    options: () => ({ env: { HTTPS_PROXY: `http://me:${user}@127.0.0.1:1` } }),
    exitCode: 6,
  },
  {
    what: 'that refuses the password',
    args: () => proxied(`http://me:${user}@127.0.0.1:${portOf(refusingProxy)}`),
    exitCode: 6,
  },
  {
    what: 'whose user is in the endpoint instead',
    args: () =>
      withKey(client.privateKeyPath, '--endpoint', `https://me:${user}@rolesanywhere.invalid`),
    exitCode: 3,
  },
]

/** However a URI with a PIN is misspelt, and wherever it is given. */
const PINS: readonly Case[] = [
  ...[
    `pkcs11:object=x?pin-value=${PIN}`,
    `pkcs11:object=x;pin-value=${PIN}`,
    `pkcs11:object=x?pin%2dvalue=${PIN}`,
    `pkcs11:object=x?pin-value =${PIN}`,
    `pkcs11:object=x;pin_value=${PIN}`,
    `pkcs11:object=x;${PIN}`,
    ` pkcs11:object=x?pin-value=${PIN}`,
    `file:pkcs11:object=x?pin-value=${PIN}`,
    `./pkcs11:object=x?pin-value=${PIN}`,
  ].map((uri) => ({
    what: uri.replace(PIN, 'PIN'),
    args: () => withKey(uri, '--pkcs11-lib', '/nonexistent/module.so'),
  })),
  ...[
    'certificate',
    'intermediates',
    'ca-bundle',
    'pkcs11-lib',
    'cert-selector',
    'role-arn',
    'region',
    'pin',
    'profile',
  ].map((flag) => ({
    what: `as --${flag}`,
    args: () => withoutKey(`--${flag}`, `pkcs11:object=x?pin-value=${PIN}`),
  })),
  {
    what: 'in the environment',
    args: () => withoutKey(),
    options: () => ({ env: { ROLESANYWHERE_PRIVATE_KEY: ` pkcs11:x;pin-value=${PIN}` } }),
  },
]

let refusingProxy: Server

beforeAll(async () => {
  // One that repeats what it was sent, as error pages do.
  refusingProxy = await listening((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (request) => {
      const body = request.toString()
      socket.end(`HTTP/1.1 407 ${PROXY_PASSWORD}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    })
  })
})

describe.each([
  ['a password', PASSWORDS],
  ['a key', KEYS],
  ['a proxy', PROXIES],
  ['a PIN in a URI', PINS],
  ['a setting-up', SETUPS],
])('no secret is told by a run with %s:', (_title, cases) => {
  it.each(cases)('$what', async ({ args, options, exitCode }) => {
    const given = options?.() ?? {}
    await Promise.all(
      LOG_FORMATS.map(async (format) => {
        const result = await runCli([...args(), ...format], {
          ...given,
          env: { ...env, ...given.env },
        })
        expect(leaksOf(result)).toEqual([])
        expect(result.stderr).toMatch(/error/u)
        if (exitCode === undefined) expect(result.exitCode).toBeGreaterThan(1)
        else expect(result.exitCode).toBe(exitCode)
        expect(result.stdout.length).toBe(0)
      }),
    )
  })
})

describe.each([
  ['a password', PASSWORDS],
  ['a key', KEYS],
  ['a proxy', PROXIES],
  ['a PIN in a URI', PINS],
])('the doctor, who shows where settings come from, tells no secret of %s:', (_title, cases) => {
  it.each(cases)('$what', async ({ args, options }) => {
    const given = options?.() ?? {}
    const flags = args().filter((word) => word !== 'credential-process')
    const result = await runCli(['doctor', ...flags, '--online', '--debug'], {
      ...given,
      env: { ...env, ...given.env },
    })
    expect(leaksOf(result)).toEqual([])
    expect(result.exitCode === 2 || result.stdout.length > 0).toBe(true)
  })
})

const LOG_FORMATS = [['--debug'], ['--debug', '--log-format', 'json']] as const

describe('no secret of the AWS config file is told by configure', () => {
  it.each([['--dry-run'], []])('that changes a profile among others, %j', async (...more) => {
    const env = secretive()
    const args = configure('--certificate', client.certificatePath, '--force', ...more)
    const result = await runCli([...args, '--debug'], { env })
    expect([result.exitCode, leaksOf(result)]).toEqual([0, []])
    const undone = await runCli(['configure', '--undo'], { env })
    expect([undone.exitCode, leaksOf(undone)]).toEqual([more.length === 0 ? 0 : 7, []])
  })
})

describe('no part of the credentials is told outside of the result when the answer is', () => {
  it.each([
    ...['latency=1', 'missing-token', 'missing-secret', 'expired', 'bad-expiration', 'crlf', 'nul'],
    ...[
      'cut-json',
      'truncate',
      'duplicate',
      'bom',
      'utf16',
      'proto',
      'deep',
      'gzip',
      'huge=2000000',
    ],
    ...['skew=600', 'status=500'],
    `deny=Unable to assume role`,
    `redirect=https://me:${user}@127.0.0.1/?token=${user}`,
  ])('%s', async (fault) => {
    const emulator = await recorded({ faults: [fault] })
    const args = withEncryptedKey(
      ...['--key-password', 'env:KEY_PASSWORD', '--timeout', '3', '--endpoint', emulator.url],
    )
    const results = await Promise.all(
      LOG_FORMATS.map(async (format) => runCli([...args, ...format], { env })),
    )
    const secrets = needlesOf(emulator.secretsSent())
    for (const result of results) {
      expect(leaksOf(result)).toEqual([])
      expect(findLeaks(result.stderr, secrets)).toEqual([])
      if (result.exitCode !== 0) expect(result.stdout.length).toBe(0)
    }
    const isSecretFree = /^(?:status|deny|redirect|deep|gzip|utf16)/u.test(fault)
    expect(secrets.length > 0).toBe(!isSecretFree)
  })

  it('kept in the cache, then damaged, then listed', async () => {
    const emulator = await recorded({})
    const folder = join(stage.folder, 'cache')
    const cache = ['--cache', '--cache-dir', folder]
    const args = [...withKey(client.privateKeyPath, '--endpoint', emulator.url), ...cache]
    const results: CliResult[] = []
    for (const change of [(text: string) => text, (text: string) => text.slice(0, -50)]) {
      results.push(await runCli([...args, '--debug'], { env }))
      const [name = ''] = readdirSync(folder)
      stage.write(`cache/${name}`, change(readFileSync(join(folder, name), 'utf8')))
      results.push(await runCli([...args, '--debug', '--log-format=json'], { env }))
    }
    const secrets = needlesOf(emulator.secretsSent())
    const list = await runCli(['cache', 'list', '--cache-dir', folder, '--debug'], { env })
    expect(list.stdout.length).toBeGreaterThan(0)
    expect(findLeaks(list.stdout.toString() + list.stderr, secrets)).toEqual([])
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    for (const { stderr } of results) expect(findLeaks(stderr, secrets)).toEqual([])
  })

  it('written to a full disk', async () => {
    const emulator = await recorded({})
    const full = openSync('/dev/full', 'w')
    const args = [...withKey(client.privateKeyPath, '--endpoint', emulator.url), '--debug']
    const { exitCode, stderr } = await runCli(args, { env, stdout: full })
    closeSync(full)
    expect(exitCode).toBe(7)
    const secrets = needlesOf(emulator.secretsSent())
    expect(secrets.length).toBeGreaterThan(0)
    expect(findLeaks(stderr, secrets)).toEqual([])
  })
})

describe('command lines, which every user can read, while a run waits for AWS', () => {
  const sources: [source: string, setting: () => string, options: () => CliOptions][] = [
    ['env', () => 'env:KEY_PASSWORD', () => ({})],
    ['file', () => `file:${file('password')}`, () => ({})],
    ['fd', () => 'fd:3', () => ({ extraStdio: [openSync(file('password'), 'r')] })],
    ['stdin', () => 'stdin', () => ({ stdin: KEY_PASSWORD })],
    ['cmd', () => `cmd:cat '${file('password')}'`, () => ({})],
    ['credential', () => 'credential:password', () => ({})],
  ]

  it.each(sources)('hold no secret with %s:', async (_source, setting, makeOptions) => {
    const options = makeOptions()
    const seen = await commandLines(
      (url) => withEncryptedKey('--key-password', setting(), '--endpoint', url),
      options,
    )
    for (const descriptor of options.extraStdio ?? []) closeSync(descriptor)
    expect(seen).toContain('credential-process')
    expect(findLeaks(seen, planted)).toEqual([])
  })

  it('hold the one of --pkcs8-password, against which it warns', async () => {
    const seen = await commandLines(
      (url) => withEncryptedKey('--pkcs8-password', KEY_PASSWORD, '--endpoint', url),
      {},
    )
    expect(findLeaks(seen, planted)).not.toEqual([])
  })

  /** Of the program and all it started, once its request has been signed and sent. */
  async function commandLines(
    args: (endpoint: string) => readonly string[],
    options: CliOptions,
  ): Promise<string> {
    const arrived = Promise.withResolvers<undefined>()
    const { url } = await stage.emulate({
      faults: ['silence'],
      onRequest: () => {
        arrived.resolve(undefined)
      },
    })
    const running = startCli(args(url), { ...options, env })
    await arrived.promise
    const seen = processTree(running.child.pid ?? 0)
      .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
      .join('\n')
    running.child.kill('SIGTERM')
    const result = await running.result
    expect(result.exitCode).toBe(143)
    expect(leaksOf(result)).toEqual([])
    return Buffer.from(seen, 'latin1').toString()
  }
})

// Last, since it looks at what all runs above have left.
describe('files', () => {
  it.each(['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME'])(
    'are left by none of them in %s',
    (name) => {
      const left = readdirSync(env[name] ?? '', { recursive: true, withFileTypes: true })
      expect(left.filter((entry) => !entry.isDirectory())).toEqual([])
    },
  )
})

function leaksOf({ stdout, stderr }: CliResult): string[] {
  return findLeaks(`${stdout.toString()}\n${stderr}`, planted)
}

/** The secret numbers of an RSA key, by their names in RFC 7517. */
function privateNumbers(key: KeyObject): Record<string, Uint8Array> {
  const numbers = key.export({ format: 'jwk' })
  return Object.fromEntries(
    (['d', 'p', 'q', 'dp', 'dq', 'qi'] as const).map((name) => [
      `the number ${name} of the key`,
      Buffer.from(numbers[name] ?? '', 'base64url'),
    ]),
  )
}

function der({ privateKeyPem }: StagedIdentity): Buffer {
  return createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' })
}

/** Text of a PEM file with something else in one place. */
function damaged(pem: string, change: string): string {
  // Where an RSA key has its modulus: OpenSSL makes up for most of the other numbers.
  const place = Math.floor(pem.length * 0.15)
  return pem.slice(0, place) + change + pem.slice(place + change.length)
}

/** An emulator behind a relay that keeps what was answered. */
async function recorded(
  options: StagedEmulatorOptions,
): Promise<{ url: string; secretsSent(): Record<string, string> }> {
  const emulator = await stage.emulate(options)
  const answers: Buffer[] = []
  const relay = await listening((socket) => {
    const upstream = connect(emulator.port, '127.0.0.1')
    upstream.on('data', (chunk) => answers.push(chunk))
    for (const end of [socket, upstream]) end.on('error', () => undefined)
    socket.pipe(upstream).pipe(socket)
    socket.once('close', () => upstream.destroy())
    upstream.once('close', () => socket.destroy())
  })
  return {
    url: `http://127.0.0.1:${portOf(relay)}`,
    secretsSent() {
      const text = Buffer.concat(answers).toString('latin1')
      const found = text.matchAll(/"(secretAccessKey|sessionToken)":"([A-Za-z0-9+/=]{16,})/gu)
      return Object.fromEntries(
        [...found].map(([, name, value], index) => [`${name ?? ''} ${index}`, value ?? '']),
      )
    },
  }
}

async function listening(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function processTree(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )
  return [pid, ...children.flatMap(processTree)]
}
