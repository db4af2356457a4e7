/**
 * Keys that tpm2-tools made in a software TPM sign CreateSession, and the emulator accepts. Wrong
 * passwords cost one try, and nothing is left behind in the TPM.
 */

import { execFileSync } from 'node:child_process'
import { X509Certificate, verify } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { openTpmHandle, openTpmKeyFile } from '../../src/identity/tpm/open-tpm-key.ts'
import { RefusedPasswords } from '../../src/identity/secret/refused-passwords.ts'
import { decodeBlocks } from '../../src/identity/encoding/decode-blocks.ts'
import type { OpenedKey } from '../../src/identity/key-candidate.ts'
import { hasProgram } from '../support/capabilities.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'
import {
  SIGNING_KEY_ATTRIBUTES,
  STORAGE_KEY_ATTRIBUTES,
  listenOnTcp,
  startSwtpm,
  type SoftwareTpm,
} from '../support/swtpm.ts'
import { failureOf, recordingPorts } from '../unit/identity/recording-ports.ts'

const isReady = ['swtpm', 'tpm2_create', 'tpm2_encodeobject', 'openssl'].every(hasProgram)
const PASSWORD = 'canary-tpm-password'
const HANDLES = { ec: 0x81000011, rsa: 0x81000012, 'ec-auth': 0x81000013, 'rsa-auth': 0x81000014 }
type KeyName = keyof typeof HANDLES
const KEYS = Object.keys(HANDLES) as KeyName[]

let tpm: SoftwareTpm
let emulator: Emulator

const pathTo = (name: string): string => join(tpm.folder, name)
const needsPassword = (name: KeyName): boolean => name.endsWith('-auth')

beforeAll(async () => {
  if (!isReady) return
  tpm = await startSwtpm()
  const root = await createAuthority()
  writeFileSync(pathTo('ca.pem'), root.certificatePem)
  writeFileSync(pathTo('ca.key'), root.privateKeyPem)
  emulator = await startEmulator({ trustAnchors: root.certificatePem, clock: Date.now })
  await tpm.run(
    ...(['tpm2_createprimary', '-Q', '-C', 'o', '-g', 'sha256'] as const),
    ...['-G', 'ecc256:null:aes128cfb', '-a', STORAGE_KEY_ATTRIBUTES, '-c', 'primary.ctx'],
  )
  await flush()
  for (const name of KEYS) await makeKey(name)
})

afterAll(async () => {
  if (!isReady) return
  await emulator.close()
  await tpm[Symbol.asyncDispose]()
})

/** As a file, as a persistent handle, and with a certificate. */
async function makeKey(name: KeyName): Promise<void> {
  const auth = needsPassword(name) ? ['-p', PASSWORD] : []
  const algorithm = name.startsWith('rsa') ? 'rsa2048' : 'ecc256:ecdsa-sha256'
  await tpm.run(
    ...(['tpm2_create', '-Q', '-C', 'primary.ctx', '-G', algorithm] as const),
    ...['-a', SIGNING_KEY_ATTRIBUTES, '-u', `${name}.pub`, '-r', `${name}.priv`, ...auth],
  )
  await flush()
  // tpm2_encodeobject 5.4 has the flag the wrong way round: -p writes emptyAuth TRUE.
  const flag = needsPassword(name) ? [] : ['-p']
  await tpm.run(
    ...(['tpm2_encodeobject', '-C', 'primary.ctx', ...flag, '-u', `${name}.pub`] as const),
    ...['-r', `${name}.priv`, '-o', `${name}.tss2`],
  )
  await flush()
  await tpm.run(
    ...(['tpm2_load', '-Q', '-C', 'primary.ctx', '-u', `${name}.pub`] as const),
    ...['-r', `${name}.priv`, '-c', `${name}.ctx`],
  )
  await flush()
  await tpm.run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', `${name}.ctx`, handleOf(name))
  await flush()
  await tpm.run('tpm2_readpublic', '-Q', '-c', handleOf(name), '-f', 'pem', '-o', `${name}.spki`)
  chmodSync(pathTo(`${name}.tss2`), 0o600)
  issueCertificate(name)
}

/** swtpm has no resource manager: what tpm2-tools leave behind fills it. */
async function flush(): Promise<void> {
  for (const kind of ['-t', '-l', '-s']) await tpm.run('tpm2_flushcontext', kind)
}

function handleOf(name: KeyName): string {
  return `0x${HANDLES[name].toString(16)}`
}

/** By openssl, for a key whose private half it never sees. */
function issueCertificate(name: string): void {
  writeFileSync(
    pathTo('ext.cnf'),
    'keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n',
  )
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: tpm.folder, stdio: 'ignore' })
  }
  openssl(
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', `/CN=${name}`, '-keyout', 'unused.key', '-out', 'request.csr'],
  )
  openssl(
    ...['x509', '-req', '-in', 'request.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '30'],
    ...['-force_pubkey', `${name}.spki`, '-extfile', 'ext.cnf', '-out', `${name}.crt`],
  )
}

function credentialProcess(
  name: KeyName,
  privateKey: string,
  extra: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return runCli(
    [
      ...['credential-process', '--certificate', pathTo(`${name}.crt`)],
      ...['--private-key', privateKey, '--endpoint', emulator.url],
      ...['--trust-anchor-arn', TRUST_ANCHOR_ARN, '--profile-arn', PROFILE_ARN],
      ...['--role-arn', ROLE_ARN, ...extra],
    ],
    { env: { TPM_DEVICE: tpm.socketPath, KEY_PASSWORD: PASSWORD, ...env } },
  )
}

function passwordFlags(name: KeyName): readonly string[] {
  return needsPassword(name) ? ['--key-password', 'env:KEY_PASSWORD'] : ['--no-tpm-key-password']
}

function openFile(
  name: KeyName | 'guarded',
  password: string | undefined,
  refusedPasswords = new RefusedPasswords(),
  device = tpm.socketPath,
): Promise<OpenedKey> {
  const bytes = readFileSync(pathTo(`${name}.tss2`))
  const [block] = decodeBlocks({ name, bytes })
  const access = {
    device,
    refusedPasswords,
    ...(password === undefined
      ? { noPassword: true }
      : { password: () => Promise.resolve(password) }),
  }
  return openTpmKeyFile(block!.bytes, name, access, recordingPorts().reporter)
}

async function failedTries(): Promise<number> {
  const properties = await tpm.run('tpm2_getcap', 'properties-variable')
  return Number(/TPM2_PT_LOCKOUT_COUNTER: (0x[0-9a-fA-F]+)/u.exec(properties)?.[1])
}

async function objectsInTpm(): Promise<string> {
  return (await tpm.run('tpm2_getcap', 'handles-transient')).trim()
}

describe.skipIf(!isReady)('keys in a software TPM', () => {
  it.each(KEYS)('%s as a key file: the emulator accepts', async (name) => {
    const result = await credentialProcess(name, pathTo(`${name}.tss2`), passwordFlags(name))
    expect(result.stderr).toBe('')
    expect(JSON.parse(result.stdout.toString())).toMatchObject({ Version: 1 })
    expect(await objectsInTpm()).toBe('')
  })

  it.each(KEYS)('%s as a persistent handle: the emulator accepts', async (name) => {
    const privateKey = `handle:${handleOf(name)}`
    const result = await credentialProcess(name, privateKey, passwordFlags(name))
    expect(result.stderr).toBe('')
    expect(JSON.parse(result.stdout.toString())).toMatchObject({ Version: 1 })
  })

  it('the password may come as the reference helper takes it, with a warning', async () => {
    const flags = ['--tpm-key-password', PASSWORD]
    const result = await credentialProcess('ec-auth', pathTo('ec-auth.tss2'), flags)
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toContain('--tpm-key-password shows the password')
    expect(result.stderr).not.toContain(PASSWORD)
  })

  it('a key file without a password needs no setting about it', async () => {
    const result = await credentialProcess('ec', pathTo('ec.tss2'))
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it.each(['ec-auth', 'rsa-auth'] as const)(
    'a wrong password of %s costs one try, however often it is used',
    async (name) => {
      const before = await failedTries()
      const refused = new RefusedPasswords()
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const { signer } = await openFile(name, 'canary-wrong', refused)
        const error = await failureOf(signer.sign(Buffer.from('x')))
        expect(error).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
        expect(JSON.stringify(error)).not.toContain('canary-wrong')
      }
      expect(await failedTries()).toBe(before + 1)
      expect(await objectsInTpm()).toBe('')
      await tpm.run('tpm2_dictionarylockout', '--clear-lockout')
      expect(await failedTries()).toBe(0)
    },
  )

  it('a parent with a password of its own costs one try, however often it is met', async () => {
    const parent = '0x81000100'
    const attributes = STORAGE_KEY_ATTRIBUTES.replace('noda|', '')
    await tpm.run(
      ...(['tpm2_createprimary', '-Q', '-C', 'o', '-G', 'ecc', '-p', 'parent'] as const),
      ...['-a', attributes, '-c', 'guarded.ctx'],
    )
    await tpm.run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'guarded.ctx', parent)
    await flush()
    await tpm.run(
      ...(['tpm2_create', '-Q', '-C', parent, '-P', 'parent', '-G', 'ecc'] as const),
      ...['-a', SIGNING_KEY_ATTRIBUTES, '-u', 'guarded.pub', '-r', 'guarded.priv'],
    )
    await flush()
    await tpm.run(
      ...(['tpm2_encodeobject', '-C', parent, '-P', 'parent', '-p', '-u', 'guarded.pub'] as const),
      ...['-r', 'guarded.priv', '-o', 'guarded.tss2'],
    )
    await flush()
    const before = await failedTries()
    const refused = new RefusedPasswords()
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { signer } = await openFile('guarded', undefined, refused)
      await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
        code: 'ERR_KEY_UNSUPPORTED',
        message: expect.stringContaining('0x81000100') as string,
      })
    }
    expect(await failedTries()).toBe(before + 1)
    await tpm.run('tpm2_dictionarylockout', '--clear-lockout')
    await tpm.run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', parent)
  })

  it('a wrong password on the command line costs one try', async () => {
    const flags = ['--key-password', 'env:KEY_PASSWORD']
    const env = { KEY_PASSWORD: 'canary-wrong' }
    const result = await credentialProcess('rsa-auth', pathTo('rsa-auth.tss2'), flags, env)
    expect(result).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(result.stderr).toContain('1 of 3 wrong passwords')
    expect(result.stderr).not.toContain('canary')
    expect(await failedTries()).toBe(1)
    await tpm.run('tpm2_dictionarylockout', '--clear-lockout')
  })

  it('a TPM that is locked out says so, and the right password is not held against it', async () => {
    for (const wrong of ['a', 'b', 'c']) {
      const { signer } = await openFile('ec-auth', wrong)
      await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
        code: 'ERR_KEY_PASSWORD_INCORRECT',
      })
    }
    const { signer, publicKey } = await openFile('ec-auth', PASSWORD)
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_KEY_TPM_LOCKED_OUT',
    })
    await tpm.run('tpm2_dictionarylockout', '--clear-lockout')
    const signature = await signer.sign(Buffer.from('x'))
    expect(verify('sha256', Buffer.from('x'), publicKey, signature)).toBe(true)
  })

  it('signatures at the same time wait for each other', async () => {
    const { signer, publicKey } = await openFile('ec', undefined)
    const messages = Array.from({ length: 8 }, (_, index) => Buffer.from(`message ${index}`))
    const signatures = await Promise.all(messages.map((message) => signer.sign(message)))
    for (const [index, signature] of signatures.entries()) {
      expect(verify('sha256', messages[index]!, publicKey, signature)).toBe(true)
    }
    expect(await objectsInTpm()).toBe('')
  })

  it('SHA-384 and SHA-512 are signed where the key leaves the choice', async () => {
    const { signer, publicKey } = await openFile('rsa', undefined)
    for (const hash of ['sha384', 'sha512'] as const) {
      const signature = await signer.sign(Buffer.from('x'), { hash })
      expect(verify(hash, Buffer.from('x'), publicKey, signature)).toBe(true)
    }
    const fixed = (await openFile('ec', undefined)).signer
    await expect(fixed.sign(Buffer.from('x'), { hash: 'sha384' })).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
    })
  })

  it('a TCP socket reaches it too', async () => {
    await using listener = await listenOnTcp(tpm)
    const { signer, publicKey } = await openFile('ec', undefined, undefined, listener.address)
    const signature = await signer.sign(Buffer.from('x'))
    expect(verify('sha256', Buffer.from('x'), publicKey, signature)).toBe(true)
  })

  it('a handle that is absent is told, and so is one that names no key', async () => {
    const access = { device: tpm.socketPath, noPassword: true }
    await expect(openTpmHandle(0x8100_0099, access)).rejects.toMatchObject({
      code: 'ERR_KEY_TPM_FAILED',
      message: expect.stringContaining('TPM_RC_HANDLE') as string,
      hint: expect.stringContaining('tpm2_getcap handles-persistent') as string,
    })
  })

  it('a storage key cannot sign', async () => {
    await tpm.run('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'primary.ctx', '0x81000020')
    const access = { device: tpm.socketPath, noPassword: true }
    await expect(openTpmHandle(0x8100_0020, access)).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      message: expect.stringContaining('"sign" attribute') as string,
    })
  })

  it('a key under a persistent parent is loaded there', async () => {
    await flush()
    await tpm.run(
      'tpm2_encodeobject',
      '-C',
      '0x81000020',
      '-p',
      '-u',
      'ec.pub',
      '-r',
      'ec.priv',
      '-o',
      'child.tss2',
    )
    const [block] = decodeBlocks({ name: 'child', bytes: readFileSync(pathTo('child.tss2')) })
    const access = { device: tpm.socketPath, noPassword: true }
    const { reporter } = recordingPorts()
    const { signer, publicKey } = await openTpmKeyFile(block!.bytes, 'child', access, reporter)
    const certificate = new X509Certificate(readFileSync(pathTo('ec.crt')))
    expect(publicKey.equals(certificate.publicKey)).toBe(true)
    const signature = await signer.sign(Buffer.from('x'))
    expect(verify('sha256', Buffer.from('x'), publicKey, signature)).toBe(true)
  })

  it('a key of another TPM is refused by the TPM, and the file is named', async () => {
    await using other = await startSwtpm()
    const { signer } = await openFile('ec', undefined, undefined, other.socketPath)
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_KEY_TPM_FAILED',
      hint: expect.stringContaining('another TPM') as string,
    })
  })

  it('a TPM that goes away is an error, and signs again when it is back', async () => {
    const { signer, publicKey } = await openFile('ec', undefined)
    await tpm.stop()
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_KEY_TPM_UNAVAILABLE',
    })
    await tpm.start()
    const signature = await signer.sign(Buffer.from('x'))
    expect(verify('sha256', Buffer.from('x'), publicKey, signature)).toBe(true)
  })
})
