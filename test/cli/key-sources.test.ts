/**
 * Every place a key and a certificate can come from, through the real executable: the emulator accepts.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { hasProgram } from '../support/capabilities.ts'
import {
  ARN_FLAGS,
  credentialsIn,
  openStage,
  type Stage,
  type StagedIdentity,
} from '../support/cli-stage.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'

const PASSWORD = 'canary-of-a-password'
let stage: Stage
let emulator: Emulator
let rsa: StagedIdentity
let ec: StagedIdentity

beforeAll(async () => {
  stage = await openStage()
  emulator = await stage.emulate()
  rsa = await stage.issue('rsa', { keyType: 'rsa', subject: 'CN=rsa client,O=Acme' })
  ec = await stage.issue('ec', { keyType: 'ec', subject: 'CN=ec client,O=Acme' })
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

function credentialProcess(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url]
  return runCli(args, { env: { KEY_PASSWORD: PASSWORD, ...env } })
}

/** Whose certificate the emulator saw last. */
function lastSubject(): string | undefined {
  const verdict = emulator.requests.at(-1)?.verdict
  return verdict?.kind === 'accepted' ? verdict.subject : undefined
}

describe('ML-DSA', () => {
  it.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)('%s signs', async (keyType) => {
    const { flags } = await stage.issue(keyType, { keyType, subject: `CN=${keyType}` })
    expect(credentialsIn(await credentialProcess(flags))).toMatchObject({ Version: 1 })
    expect(lastSubject()).toBe(`CN=${keyType}`)
  })
})

describe.skipIf(!hasProgram('openssl'))('PKCS#12', () => {
  function pkcs12(name: string, password: string, ...args: readonly string[]): string {
    const path = join(stage.folder, name)
    execFileSync('openssl', [
      ...['pkcs12', '-export', '-in', rsa.certificatePath, '-inkey', rsa.privateKeyPath],
      ...['-out', path, '-passout', `pass:${password}`, ...args],
    ])
    return path
  }

  it.each([[], ['-legacy']])('openssl pkcs12 -export %s', async (...args) => {
    const path = pkcs12(`client${args.length}.p12`, PASSWORD, ...args)
    const flags = ['--certificate', path, '--key-password', 'env:KEY_PASSWORD']
    const result = await credentialProcess(flags)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
    expect(lastSubject()).toContain('CN=rsa client')
  })

  it('says that a password is needed, and that one is wrong', async () => {
    const path = pkcs12('refused.p12', PASSWORD)
    const without = await credentialProcess(['--certificate', path])
    expect(without).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(without.stderr).toContain('[ERR_KEY_PASSWORD_REQUIRED]')
    const flags = ['--certificate', path, '--key-password', 'env:WRONG']
    const wrong = await credentialProcess(flags, { WRONG: 'canary-wrong' })
    expect(wrong).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(wrong.stderr).toContain('[ERR_KEY_PASSWORD_INCORRECT]')
    expect(wrong.stderr).not.toContain('canary')
  })

  it('read-certificate-data reads one too', async () => {
    const path = pkcs12('data.p12', PASSWORD)
    const args = ['read-certificate-data', '--certificate', path, '--key-password', 'env:KEY']
    const result = await runCli(args, { env: { KEY: PASSWORD } })
    expect(JSON.parse(result.stdout.toString())).toMatchObject({ keyType: 'RSA' })
  })
})

describe('from anywhere', () => {
  it('certificate and key in environment variables, as PEM and as base64 of DER', async () => {
    const pem = {
      CERT: ec.certificatePem,
      KEY: ec.privateKeyPem,
    }
    const flags = ['--certificate', 'env:CERT', '--private-key', 'env:KEY']
    expect(credentialsIn(await credentialProcess(flags, pem))).toMatchObject({ Version: 1 })
    const base64 = Object.fromEntries(
      Object.entries(pem).map(([name, text]) => [
        name,
        text.replaceAll(/-----[^-]+-----|\s/gu, ''),
      ]),
    )
    expect(credentialsIn(await credentialProcess(flags, base64))).toMatchObject({ Version: 1 })
  })
})

describe('a folder of certificates and --cert-selector', () => {
  let folder: string
  let pair: StagedIdentity

  beforeAll(async () => {
    folder = join(stage.folder, 'certificates')
    mkdirSync(folder)
    stage.write('certificates/README', 'not a certificate\n')
    const file = (name: string, one: StagedIdentity): void => {
      stage.write(`certificates/${name}.pem`, one.certificatePem + one.privateKeyPem)
    }
    file('a', rsa)
    file('b', ec)
    const renewal = { privateKeyPem: ec.privateKeyPem, subject: 'CN=ec client,O=Acme' }
    pair = await stage.issue('renewed', { ...renewal, notAfter: new Date('2050-01-01') })
    stage.write('certificates/c.pem', pair.certificatePem)
  })

  const choose = (...flags: string[]): Promise<CliResult> =>
    credentialProcess(['--certificate', folder, ...flags])

  it('finds the certificate by parsed subject, in either direction and any case', async () => {
    for (const subject of ['CN=rsa client,O=Acme', 'o = ACME, cn = RSA  Client']) {
      const result = await choose('--cert-selector', `Key=x509Subject,Value=${subject}`)
      expect(credentialsIn(result)).toMatchObject({ Version: 1 })
      expect(lastSubject()).toContain('CN=rsa client')
    }
  })

  it('finds it by issuer and serial number in a file', async () => {
    const path = stage.write(
      'selector.json',
      JSON.stringify([
        { Key: 'x509Issuer', Value: 'CN=Throwaway Root CA' },
        { Key: 'x509Serial', Value: pair.serialNumber.toString(16).toUpperCase() },
      ]),
    )
    const result = await choose('--cert-selector', `file://${path}`)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(emulator.requests.at(-1)?.verdict).toMatchObject({ kind: 'accepted' })
  })

  it('does not decide between several, and takes the latest when asked to', async () => {
    const selector = 'Key=x509Subject,Value=CN=ec client,O=Acme'
    const refused = await choose('--cert-selector', selector)
    expect(refused).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(refused.stderr).toContain('[ERR_CONFIG_CERTIFICATE_AMBIGUOUS]')
    expect(refused.stderr).toContain('--use-latest-expiring-certificate')
    const latest = await choose('--cert-selector', selector, '--use-latest-expiring-certificate')
    expect(credentialsIn(latest)).toMatchObject({ Version: 1 })
  })

  it('names five of many that match, and says how many more there are', async () => {
    const many = join(stage.folder, 'nine')
    mkdirSync(many)
    for (let number = 1; number <= 9; number += 1) {
      const one = await stage.issue(`one-of-nine-${number}`)
      stage.write(`nine/${number}.pem`, one.certificatePem + one.privateKeyPem)
    }
    const { stderr } = await credentialProcess(['--certificate', many])
    expect(stderr).toContain('error: 9 certificates with their keys are in ')
    expect(stderr.match(/" serial /gu)).toHaveLength(5)
    expect(stderr).toContain(' and 4 more [ERR_CONFIG_CERTIFICATE_AMBIGUOUS]')
  })

  it('says what is there when nothing matches', async () => {
    const result = await choose('--cert-selector', 'Key=x509Subject,Value=CN=nobody')
    expect(result.exitCode).toBe(3)
    expect(result.stderr).toContain('[ERR_CONFIG_CERTIFICATE_MISSING]')
    expect(result.stderr).toContain('CN=rsa client')
  })

  it('refuses a selector that cannot be read', async () => {
    const result = await choose('--cert-selector', 'Key=x509Thumbprint,Value=ab')
    expect(result.exitCode).toBe(2)
    expect(result.stderr).toContain('"x509Thumbprint" is not one of its keys')
  })
})

describe.skipIf(!hasProgram('openssl'))('--signer-command', () => {
  const sign = (key: string): string => `openssl dgst -sha256 -sign '${key}'`

  it.each([
    ['raw', ''],
    ['base64', ' | base64'],
    ['with the prefix of Vault', " | base64 -w0 | sed 's/^/vault:v1:/'"],
  ])('%s', async (_, filter) => {
    for (const one of [rsa, ec]) {
      const command = sign(one.privateKeyPath) + filter
      const flags = ['--certificate', one.certificatePath, '--signer-command', command]
      const result = await credentialProcess(flags)
      expect(credentialsIn(result)).toMatchObject({ Version: 1 })
      expect(result.stderr).toBe('')
    }
  })

  it.each([
    ['exit 3', 'exited with 3'],
    ['cat', 'is no signature'],
    ['yes', 'is longer than 16384 bytes'],
    ['kill -9 $$', 'ended by SIGKILL'],
  ])('%s: refused before anything is sent', async (command, message) => {
    const before = emulator.requests.length
    const flags = ['--certificate', ec.certificatePath, '--signer-command', command]
    const result = await credentialProcess(flags)
    expect(result).toMatchObject({ exitCode: 4, stdout: Buffer.alloc(0) })
    expect(result.stderr).toContain('[ERR_KEY_COMMAND_FAILED]')
    expect(result.stderr).toContain(message)
    expect(emulator.requests.length).toBe(before)
  })

  it("another key's signature is refused before anything is sent", async () => {
    const before = emulator.requests.length
    const command = sign(rsa.privateKeyPath)
    const flags = ['--certificate', ec.certificatePath, '--signer-command', command]
    const result = await credentialProcess(flags)
    expect(result.stderr).toContain('[ERR_KEY_COMMAND_FAILED]')
    expect(emulator.requests.length).toBe(before)
  })

  it('the leaf is found in a bundle', async () => {
    const bundle = stage.write(
      'bundle-for-command.pem',
      stage.authority.certificatePem + readFileSync(ec.certificatePath, 'utf8'),
    )
    const command = sign(ec.privateKeyPath)
    const result = await credentialProcess(['--certificate', bundle, '--signer-command', command])
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
  })

  it('excludes a private key', async () => {
    const result = await credentialProcess([...ec.flags, '--signer-command', 'cat'])
    expect(result.exitCode).toBe(2)
    expect(result.stderr).toContain('[ERR_USAGE_CONFLICT]')
  })
})
