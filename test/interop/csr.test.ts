/**
 * Certificate requests through the real executable, for keys of every kind: openssl verifies the proof of
 * possession and reads what was asked for, and a certificate that it issues for such a request is taken
 * by the emulator together with the key.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificationRequest } from '@peculiar/asn1-csr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demand, hasProgram } from '../support/capabilities.ts'
import { ARN_FLAGS, credentialsIn, openStage, type Stage } from '../support/cli-stage.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { PROGRAM, runCli, type CliOptions, type CliResult } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'
import {
  SIGNING_KEY_ATTRIBUTES,
  startSwtpm,
  STORAGE_KEY_ATTRIBUTES,
  type SoftwareTpm,
} from '../support/swtpm.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'

const hasOpenssl = hasProgram('openssl')
const hasTpm = ['swtpm', 'tpm2_getcap', 'setsid'].every(hasProgram)

const SUBJECT = 'CN=web\\, one+UID=w1,O=Exämple,DC=example,C=DE'
const NAMES = ['dns:web.example.com', 'ip:192.0.2.7', 'ip:2001:db8::1', 'uri:spiffe://a/b']
const ASKED = [
  ...['--subject', SUBJECT],
  ...[...NAMES, 'email:ops@example.com'].flatMap((name) => ['--san', name]),
]

let folder: string
let stage: Stage

const pathTo = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-csr-'))
  stage = await openStage()
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stage[Symbol.asyncDispose]()
})

async function csr(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await runCli(['csr', ...args], options)
}

/** What `openssl req` says of a request whose signature verifies. */
function verified({ exitCode, stdout, stderr }: CliResult): string {
  if (exitCode !== 0) throw new Error(stderr)
  const args = ['req', '-noout', '-verify', '-text', '-nameopt', 'RFC2253,utf8,-esc_msb']
  // "verify OK" is said on standard error, so both go to one place.
  const script = `openssl ${args.join(' ')} 2>&1`
  const text = execFileSync('sh', ['-c', script], { input: stdout }).toString()
  expect(text).toMatch(/self-signature verify OK/u)
  return text
}

/** A certificate by the stage's authority for this request, with all that it asks for. */
function issue(request: Buffer): X509Certificate {
  writeFileSync(pathTo('ca.pem'), stage.authority.certificatePem)
  writeFileSync(pathTo('ca.key'), stage.authority.privateKeyPem, { mode: 0o600 })
  const args = ['x509', '-req', '-CA', pathTo('ca.pem'), '-CAkey', pathTo('ca.key')]
  const pem = execFileSync('openssl', [...args, '-days', '30', '-copy_extensions', 'copy'], {
    input: request,
    stdio: 'pipe',
  })
  writeFileSync(pathTo('issued.pem'), pem)
  return new X509Certificate(pem)
}

/** Credentials for a certificate that was just issued. */
async function credentialsWith(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const emulator = await stage.emulate()
  const args = ['credential-process', '--certificate', pathTo('issued.pem'), ...flags]
  return credentialsIn(await runCli([...args, ...ARN_FLAGS, '--endpoint', emulator.url], { env }))
}

describe.skipIf(!hasOpenssl)('csr for a key file', () => {
  it('asks for subject and names as they were given, and for what Roles Anywhere needs', async () => {
    const key = (await stage.issue('subject')).privateKeyPath
    const result = await csr(['--private-key', key, ...ASKED])
    const text = verified(result)
    expect(text).toContain('Subject: UID=w1+CN=web\\, one,O=Exämple,DC=example,C=DE')
    for (const line of [
      'DNS:web.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:1',
      'URI:spiffe://a/b, email:ops@example.com',
      'CA:FALSE',
      'Digital Signature',
      'TLS Web Client Authentication',
      'Signature Algorithm: ecdsa-with-SHA256',
    ]) {
      expect(text).toContain(line)
    }
    expect(result.stderr).toBe('')
  })

  it.each([
    ['rsa-2048', 'Public-Key: (2048 bit)', 'sha256WithRSAEncryption'],
    ['rsa-3072', 'Public-Key: (3072 bit)', 'sha256WithRSAEncryption'],
    ['rsa-4096', 'Public-Key: (4096 bit)', 'sha256WithRSAEncryption'],
    ['ec-p256', 'NIST CURVE: P-256', 'ecdsa-with-SHA256'],
    ['ec-p384', 'NIST CURVE: P-384', 'ecdsa-with-SHA256'],
    ['ec-p521', 'NIST CURVE: P-521', 'ecdsa-with-SHA256'],
  ])('makes a new key %s, mode 0600, that works with its certificate', async (kind, ...said) => {
    const path = pathTo(`${kind}.key`)
    const result = await csr(['--private-key', path, '--generate', kind, '--subject', 'CN=web'])
    const text = verified(result)
    for (const words of said) expect(text).toContain(words)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(result.stderr).toBe(`rolesanywhere: new key ${path}\n`)
    const certificate = issue(result.stdout)
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(path)))).toBe(true)
    expect(await credentialsWith(['--private-key', path])).toMatchObject({ Version: 1 })
  })

  it.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'])(
    'makes a new key %s, and its request verifies',
    async (kind) => {
      const path = pathTo(`${kind}.key`)
      const { exitCode, stdout } = await csr([
        ...['--private-key', path, '--generate', kind, '--subject', 'CN=web'],
      ])
      expect(exitCode).toBe(0)
      // OpenSSL before 3.5 knows no ML-DSA, so the request is taken apart by its schema.
      const base64 = stdout.toString().replaceAll(/-----[^-]+-----|\s/gu, '')
      const request = AsnConvert.parse(Buffer.from(base64, 'base64'), CertificationRequest)
      const spki = AsnConvert.serialize(request.certificationRequestInfo.subjectPKInfo)
      const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
      expect(publicKey.asymmetricKeyType).toBe(kind)
      const signed = Buffer.from(request.certificationRequestInfoRaw ?? new ArrayBuffer(0))
      expect(verify(null, signed, publicKey, Buffer.from(request.signature))).toBe(true)
    },
  )

  it('encrypts a new key with the password that it is given', async () => {
    const path = pathTo('encrypted.key')
    const env = { KEY_PASSWORD: 'canary-key-password' }
    const flags = ['--private-key', path, '--key-password', 'env:KEY_PASSWORD']
    const result = await csr([...flags, '--generate', 'ec-p256', '--subject', 'CN=web'], { env })
    verified(result)
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/u)
    issue(result.stdout)
    expect(await credentialsWith(flags, env)).toMatchObject({ Version: 1 })
  })

  it('asks twice for a password that is typed, and makes nothing when the two differ', async () => {
    const path = pathTo('typed.key')
    const args = ['csr', '--private-key', path, '--generate', 'ec-p256', '--subject', 'CN=web']
    const typed = async (second: string): Promise<number> => {
      const { exitCode } = await runOnTerminal(
        [...args, '--key-password', 'prompt'],
        [
          { place: 'terminal', text: 'new key', type: 'one\r' },
          { place: 'terminal', text: 'once more', type: `${second}\r` },
        ],
      )
      return exitCode
    }
    expect(await typed('other')).toBe(2)
    expect(existsSync(path)).toBe(false)
    expect(await typed('one')).toBe(0)
    const key = createPrivateKey({ key: readFileSync(path), passphrase: 'one' })
    expect(key.asymmetricKeyType).toBe('ec')
  })

  it('never replaces a file, not even a dangling link', async () => {
    writeFileSync(pathTo('there.key'), 'mine')
    symlinkSync(pathTo('nowhere'), pathTo('dangling.key'))
    for (const path of [pathTo('there.key'), pathTo('dangling.key')]) {
      const args = ['--private-key', path, '--generate', 'ec-p256', '--subject', 'CN=web']
      const { exitCode, stdout, stderr } = await csr(args)
      expect([exitCode, stdout.length]).toEqual([7, 0])
      expect(stderr).toContain('[ERR_OUTPUT_EXISTS]')
    }
    expect(readFileSync(pathTo('there.key'), 'utf8')).toBe('mine')
    expect(existsSync(pathTo('nowhere'))).toBe(false)
  })
})

describe.skipIf(!hasOpenssl)('csr with a command that signs', () => {
  it('takes the public key from a file', async () => {
    const { privateKeyPath, privateKeyPem } = await stage.issue('command', { keyType: 'rsa' })
    const publicPath = pathTo('command.pub')
    const publicKey = createPublicKey(createPrivateKey(privateKeyPem))
    writeFileSync(publicPath, publicKey.export({ format: 'pem', type: 'spki' }))
    const command = `openssl dgst -sha256 -sign '${privateKeyPath}'`
    const flags = ['--signer-command', command, ...ASKED]
    verified(await csr([...flags, '--public-key', publicPath]))
    const without = await csr(flags)
    expect(without.exitCode).toBe(2)
    expect(without.stderr).toContain('--public-key is needed')
  })
})

describe.skipIf(!hasOpenssl || !hasSoftToken)('csr on a token', () => {
  let tokens: SoftTokens
  let pin: readonly string[]

  beforeAll(() => {
    tokens = new SoftTokens()
    tokens.addToken('card')
    pin = ['--pkcs11-lib', SOFTHSM, '--pin', `file:${tokens.file('pin', PIN)}`]
  })

  afterAll(() => {
    tokens[Symbol.dispose]()
  })

  it.each([
    ['rsa-2048', 'Public-Key: (2048 bit)'],
    ['ec-p256', 'NIST CURVE: P-256'],
    ['ec-p384', 'NIST CURVE: P-384'],
    ['ec-p521', 'NIST CURVE: P-521'],
  ])('makes a key %s there, which cannot leave and works', async (kind, said) => {
    const { env } = tokens
    const uri = `pkcs11:token=card;object=${kind}`
    const flags = ['--private-key', uri, ...pin]
    const made = await csr([...flags, '--generate', kind, ...ASKED], { env })
    expect(verified(made)).toContain(said)
    const [, named = ''] = /new key (pkcs11:\S+)/u.exec(made.stderr) ?? []
    expect(named).toContain(`object=${kind};type=private`)
    // The same key again, by the URI that was printed.
    verified(await csr(['--private-key', named, ...pin, ...ASKED], { env }))
    issue(made.stdout)
    expect(await credentialsWith(flags, env)).toMatchObject({ Version: 1 })
    const listed = tokens.run('pkcs11-tool', [
      ...['--module', SOFTHSM, '--token-label', 'card', '--login', '--pin', PIN],
      ...['--list-objects', '--type', 'privkey'],
    ])
    expect(listed).toMatch(
      new RegExp(`label: +${kind}\\n(?: .*\\n)*? +Access: +.*never extractable`),
    )
  })

  it('never makes a second key of one name or one id', async () => {
    const { env } = tokens
    const make = async (uri: string): Promise<CliResult> =>
      csr(['--private-key', uri, ...pin, '--generate', 'ec-p256', '--subject', 'CN=web'], { env })
    verified(await make('pkcs11:token=card;object=only;id=%42'))
    for (const uri of ['pkcs11:token=card;object=only', 'pkcs11:token=card;object=x;id=%42']) {
      const { exitCode, stdout, stderr } = await make(uri)
      expect([exitCode, stdout.length]).toEqual([7, 0])
      expect(stderr).toContain('[ERR_OUTPUT_EXISTS]')
    }
    const nameless = await make('pkcs11:token=card')
    expect([nameless.exitCode, nameless.stderr]).toEqual([2, expect.stringContaining('object=')])
  })
})

describe.skipIf(!hasOpenssl || !demand(hasTpm, 'swtpm and tpm2-tools'))('csr in a TPM', () => {
  let tpm: SoftwareTpm

  beforeAll(async () => {
    tpm = await startSwtpm()
  })

  afterAll(async () => {
    await tpm[Symbol.asyncDispose]()
  })

  it.each([
    ['rsa-2048', undefined],
    ['ec-p256', undefined],
    ['ec-p256', 'canary-tpm-password'],
    ['ec-p384', undefined],
  ])('makes a key %s there (password: %s), which works', async (kind, password) => {
    const path = join(tpm.folder, `${kind}-${password ?? ''}.tss2`)
    const env = { TPM_DEVICE: tpm.socketPath, KEY_PASSWORD: password ?? '' }
    const flags = [
      ...['--private-key', path],
      ...(password === undefined ? [] : ['--key-password', 'env:KEY_PASSWORD']),
    ]
    const result = await csr([...flags, '--generate', kind, '--in-tpm', ...ASKED], { env })
    verified(result)
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN TSS2 PRIVATE KEY-----/u)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await tpm.run('tpm2_getcap', 'handles-transient')).toBe('')
    issue(result.stdout)
    expect(await credentialsWith(flags, env)).toMatchObject({ Version: 1 })
  })

  it('configure pairs a certificate with a key at a handle of the TPM', async () => {
    const primary = ['-Q', '-C', 'o', '-g', 'sha256', '-G', 'ecc256:null:aes128cfb']
    await tpm.run('tpm2_createprimary', ...primary, '-a', STORAGE_KEY_ATTRIBUTES, '-c', 'p.ctx')
    await tpm.run('tpm2_flushcontext', '-t')
    await tpm.run(
      ...(['tpm2_create', '-Q', '-C', 'p.ctx', '-G', 'ecc256:null', '-c', 'k.ctx'] as const),
      ...['-a', SIGNING_KEY_ATTRIBUTES, '-u', 'k.pub', '-r', 'k.priv'],
    )
    await tpm.run('tpm2_flushcontext', '-t')
    await tpm.run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'k.ctx', '0x81000021')
    await tpm.run('tpm2_flushcontext', '-t')
    const env = { TPM_DEVICE: tpm.socketPath, AWS_CONFIG_FILE: join(tpm.folder, 'config') }
    const key = ['--private-key', 'handle:0x81000021', '--no-tpm-key-password']
    issue((await csr([...key, '--subject', 'CN=tpm'], { env })).stdout)
    mkdirSync(join(tpm.folder, 'found'))
    copyFileSync(pathTo('issued.pem'), join(tpm.folder, 'found/tpm.pem'))
    const args = [
      '--profile',
      'onprem',
      '--folder',
      join(tpm.folder, 'found'),
      '--no-tpm-key-password',
    ]
    const arns = [ROLE_ARN, PROFILE_ARN, TRUST_ANCHOR_ARN].flatMap((arn) => ['--arn', arn])
    const launcher = ['setsid', '-w', ...PROGRAM] as const
    const { exitCode, stderr } = await runCli(['configure', ...args, ...arns], { env, launcher })
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('wrote profile')])
    expect(readFileSync(env.AWS_CONFIG_FILE, 'utf8')).toContain(
      'rolesanywhere_private_key = handle:0x81000021\n',
    )
    const emulator = await stage.emulate()
    const profile = ['--profile', 'onprem', '--endpoint', emulator.url]
    const session = await runCli(['credential-process', ...profile], { env })
    expect(credentialsIn(session)).toMatchObject({ Version: 1 })
  })

  it('says what a TPM does not make', async () => {
    const args = ['--private-key', pathTo('no.tss2'), '--generate', 'ml-dsa-65', '--in-tpm']
    const env = { TPM_DEVICE: tpm.socketPath }
    const { exitCode, stderr } = await csr([...args, '--subject', 'CN=web'], { env })
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('a TPM makes no ML-DSA keys')])
    expect(existsSync(pathTo('no.tss2'))).toBe(false)
  })
})
