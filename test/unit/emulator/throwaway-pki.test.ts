/** OpenSSL, not our own reader, says whether what was made is what was asked for. */

import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
} from '../../../src/emulator/throwaway-pki.ts'
import { hasProgram } from '../../support/capabilities.ts'

let folder: string
let root: Authority

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'throwaway-pki-'))
  root = await createAuthority()
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

it.each<[CertificateOptions, object]>([
  [{}, { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'prime256v1' } }],
  [{ curve: 'P-384' }, { asymmetricKeyDetails: { namedCurve: 'secp384r1' } }],
  [{ curve: 'P-521' }, { asymmetricKeyDetails: { namedCurve: 'secp521r1' } }],
  [{ keyType: 'rsa' }, { asymmetricKeyDetails: { modulusLength: 2048 } }],
  [{ keyType: 'rsa', modulusLength: 3072 }, { asymmetricKeyDetails: { modulusLength: 3072 } }],
])('the key of %o, in certificate and PKCS#8 alike', async (options, details) => {
  const issued = await root.issue(options)
  const certificate = new X509Certificate(issued.certificatePem)
  expect(certificate.publicKey).toMatchObject(details)
  expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKeyPem))).toBe(true)
  expect(issued.privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
})

it.each<[bigint, string]>([
  [1n, '01'],
  [0n, '0'],
  [-1n, '-01'],
  [-129n, '-81'],
  [255n, 'FF'],
  [1n << 159n, `80${'00'.repeat(19)}`],
])('the serial number %s', async (serialNumber, hex) => {
  const issued = await root.issue({ serialNumber })
  expect(new X509Certificate(issued.certificatePem).serialNumber).toBe(hex)
  expect(issued.serialNumber).toBe(serialNumber)
})

it('a key can be used again', async () => {
  const { privateKeyPem } = await root.issue({ keyType: 'rsa' })
  expect((await root.issue({ privateKeyPem })).privateKeyPem).toBe(privateKeyPem)
})

describe.skipIf(!hasProgram('openssl'))('as OpenSSL sees it', () => {
  function text(pem: string): string {
    const path = file('certificate.pem', pem)
    return execFileSync('openssl', ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' })
  }

  /** Verifies a leaf strictly, and gives back what OpenSSL says. */
  function verify(leaf: string, chain: readonly string[], crl?: string): string {
    const { stdout, stderr } = spawnSync(
      'openssl',
      [
        'verify',
        '-x509_strict',
        ...['-CAfile', file('root.pem', root.certificatePem + (crl ?? ''))],
        ...(chain.length > 0 ? ['-untrusted', file('chain.pem', chain.join(''))] : []),
        ...(crl === undefined ? [] : ['-crl_check']),
        file('leaf.pem', leaf),
      ],
      { encoding: 'utf8' },
    )
    return stdout + stderr
  }

  it('a chain of RSA and EC certificates verifies strictly', async () => {
    const upper = await root.issueAuthority({ subject: 'CN=Upper', keyType: 'rsa', pathLength: 1 })
    const lower = await upper.issueAuthority({
      subject: 'CN=Lower',
      curve: 'P-521',
      hash: 'SHA-512',
    })
    const leaf = await lower.issue({ hash: 'SHA-384' })
    const chain = [upper.certificatePem, lower.certificatePem]
    expect(verify(leaf.certificatePem, chain)).toContain('leaf.pem: OK')
  })

  it('a revocation list revokes its numbers and no other', async () => {
    const [good, bad] = [await root.issue(), await root.issue()]
    const crl = await root.revocationList([bad.serialNumber, 7n])
    expect(verify(good.certificatePem, [], crl)).toContain('leaf.pem: OK')
    expect(verify(bad.certificatePem, [], crl)).toContain('certificate revoked')
  })

  it.each<[string, CertificateOptions, RegExp]>([
    ['version 1', { version: 1 }, /Version: 1 \(0x0\)(?![^]*extensions)/],
    ['an empty subject', { subject: '' }, /Subject: *\n/],
    ['a subject of several parts', { subject: 'CN=a,OU=b,O=c' }, /Subject: CN = a, OU = b, O = c/],
    ['SHA-1', { hash: 'SHA-1' }, /Signature Algorithm: ecdsa-with-SHA1/],
    ['SHA-384', { hash: 'SHA-384' }, /Signature Algorithm: ecdsa-with-SHA384/],
    ['no keyUsage', { keyUsage: null }, /CA:FALSE(?![^]*X509v3 Key Usage)/],
    ['no basicConstraints', { isCa: null }, /Key Usage(?![^]*Basic Constraints)/],
    ['the CA flag', { isCa: true, pathLength: 3 }, /CA:TRUE, pathlen:3/],
    [
      'key usages',
      { keyUsage: ['digitalSignature', 'keyEncipherment', 'keyCertSign', 'cRLSign'] },
      /critical\s+Digital Signature, Key Encipherment, Certificate Sign, CRL Sign\s/,
    ],
    [
      'names of a server',
      { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] },
      /DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1/,
    ],
    [
      'a validity beyond 2050',
      { notBefore: new Date('2049-12-31T23:59:59Z'), notAfter: new Date('2051-01-02T03:04:05Z') },
      /Not Before: Dec 31 23:59:59 2049 GMT\s+Not After : Jan {2}2 03:04:05 2051 GMT/,
    ],
  ])('%s', async (_, options, expected) => {
    expect(text((await root.issue(options)).certificatePem)).toMatch(expected)
  })
})
