/**
 * `sign-string` and `read-certificate-data`: what they print is what openssl computes and verifies.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { runCli } from '../support/run-cli.ts'

const hasOpenssl = hasProgram('openssl')

let stage: Stage
const clients: Record<string, StagedIdentity> = {}

beforeAll(async () => {
  stage = await openStage()
  clients['RSA'] = await stage.issue('rsa', { keyType: 'rsa', subject: 'CN=rsa,O=Example' })
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    clients[curve] = await stage.issue(curve, { curve, subject: `CN=${curve},O=Example` })
  }
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe.skipIf(!hasOpenssl)('sign-string', () => {
  it.each(['RSA', 'P-256', 'P-384', 'P-521'])(
    'signs the fixed message with a key alone: %s',
    async (kind) => {
      const key = keyOf(kind)
      const result = await runCli(['sign-string', '--private-key', key, '--format', 'bin'])
      expect(result).toMatchObject({ exitCode: 0, stderr: '' })
      expect(verifies(kind, 'sha256', fixedMessage(kind), result.stdout)).toBe(true)
    },
  )

  it.each(['RSA', 'P-256'])(
    'signs with each digest, and each form says the same: %s',
    async (kind) => {
      for (const digest of ['SHA256', 'SHA384', 'SHA512']) {
        for (const format of ['bin', 'text', 'json']) {
          const args = ['sign-string', '--private-key', keyOf(kind), '--digest', digest]
          const { stdout } = await runCli([...args, '--format', format])
          const signature = decoded(stdout, format)
          expect(verifies(kind, digest.toLowerCase(), fixedMessage(kind), signature)).toBe(true)
          expect(verifies(kind, digest.toLowerCase(), Buffer.from('another'), signature)).toBe(
            false,
          )
        }
      }
    },
  )

  it('prints a JSON string unless asked otherwise, and takes the certificate along', async () => {
    const { flags } = clients['RSA']!
    const { stdout } = await runCli(['sign-string', ...flags])
    const signature = decoded(stdout, 'json')
    expect(verifies('RSA', 'sha256', fixedMessage('RSA'), signature)).toBe(true)
  })

  it('signs what comes on standard input, byte for byte', async () => {
    const message = Buffer.from('\0\r\nanything é\xff', 'latin1')
    const args = ['sign-string', '--private-key', keyOf('P-384'), '--stdin', '--format=bin']
    const { stdout } = await runCli(args, { stdin: message })
    expect(verifies('P-384', 'sha256', message, stdout)).toBe(true)
  })

  it.each(['PKCS#1', 'SEC1'])('reads a key in the older form %s', async (form) => {
    const kind = form === 'SEC1' ? 'P-256' : 'RSA'
    const path = join(stage.folder, `${kind}-traditional.key`)
    openssl(['pkey', '-in', keyOf(kind), '-traditional', '-out', path])
    const { stdout } = await runCli(['sign-string', '--private-key', path, '--format', 'bin'])
    expect(verifies(kind, 'sha256', fixedMessage(kind), stdout)).toBe(true)
  })
})

describe.skipIf(!hasOpenssl)('read-certificate-data', () => {
  it.each([
    ['RSA', 'RSA'],
    ['P-256', 'EC'],
  ])(
    'prints the members of the reference helper, and what people ask for: %s',
    async (kind, keyType) => {
      const { certificatePath } = clients[kind]!
      const result = await runCli(['read-certificate-data', '--certificate', certificatePath])
      expect(result).toMatchObject({ exitCode: 0, stderr: '' })
      const field = (name: string, ...more: string[]): string =>
        openssl(['x509', '-in', certificatePath, '-noout', `-${name}`, ...more])
          .toString()
          .replace(/^[^=]*=/u, '')
          .trim()
      expect(JSON.parse(result.stdout.toString())).toEqual({
        keyType,
        certificateData: openssl(['x509', '-in', certificatePath, '-outform', 'DER']).toString(
          'base64',
        ),
        serialNumber: BigInt(`0x${field('serial')}`).toString(),
        supportedAlgorithms: ['SHA256', 'SHA384', 'SHA512'].map((hash) => keyType + hash),
        subject: `CN=${kind.toLowerCase() === 'rsa' ? 'rsa' : kind}, O=Example`,
        issuer: 'CN=Throwaway Root CA',
        notBefore: new Date(field('startdate')).toISOString(),
        notAfter: new Date(field('enddate')).toISOString(),
        sha256Fingerprint: field('fingerprint', '-sha256').replaceAll(':', '').toLowerCase(),
      })
    },
  )

  it('finds the leaf of a bundle, wherever it stands', async () => {
    const issuing = await stage.authority.issueAuthority({ subject: 'CN=Issuing' })
    const leaf = await issuing.issue({ subject: 'CN=below' })
    const bundle = stage.write(
      'bundle.pem',
      [stage.authority, issuing, leaf].map(({ certificatePem }) => certificatePem).join(''),
    )
    const { stdout } = await runCli(['read-certificate-data', '--certificate', bundle])
    expect(JSON.parse(stdout.toString())).toMatchObject({
      subject: 'CN=below',
      serialNumber: leaf.serialNumber.toString(),
    })
  })

  it('prints nothing of a file without a certificate, exit code 3', async () => {
    const result = await runCli(['read-certificate-data', '--certificate', keyOf('RSA')])
    expect(result).toMatchObject({ exitCode: 3, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(/rsa\.key".+\[ERR_CONFIG_CERTIFICATE_MISSING\]\nhint: /u)
  })
})

function keyOf(kind: string): string {
  return clients[kind]!.privateKeyPath
}

/** Purpose, version, and SHA-256 of `IAM RA` and the public key, all by openssl. */
function fixedMessage(kind: string): Buffer {
  const key = keyOf(kind)
  const spki = openssl(['pkey', '-in', key, '-pubout', '-outform', 'DER'])
  // An uncompressed point ends the SubjectPublicKeyInfo: one byte, and two coordinates.
  const pointLengths: Record<string, number> = { 'P-256': 65, 'P-384': 97, 'P-521': 133 }
  const publicKey =
    kind === 'RSA'
      ? openssl(['rsa', '-in', key, '-RSAPublicKey_out', '-outform', 'DER'])
      : spki.subarray(-pointLengths[kind]!)
  const digest = openssl(
    ['dgst', '-sha256', '-binary'],
    Buffer.concat([Buffer.from('IAM RA'), publicKey]),
  )
  const purpose = 'AWS Roles Anywhere Credential Helper Signing Test1'
  return Buffer.concat([Buffer.from(purpose), digest])
}

function verifies(kind: string, hash: string, message: Buffer, signature: Buffer): boolean {
  const publicKey = stage.write(
    `${kind}.pub`,
    openssl(['pkey', '-in', keyOf(kind), '-pubout']).toString(),
  )
  const signaturePath = stage.write('signature', signature)
  try {
    openssl(['dgst', `-${hash}`, '-verify', publicKey, '-signature', signaturePath], message)
    return true
  } catch {
    return false
  }
}

function decoded(stdout: Buffer, format: string): Buffer {
  if (format === 'bin') return stdout
  const hex = format === 'json' ? (JSON.parse(stdout.toString()) as string) : stdout.toString()
  expect(hex).toMatch(/^(?:[0-9a-f]{2})+$/u)
  return Buffer.from(hex, 'hex')
}

function openssl(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'ignore'] })
}
