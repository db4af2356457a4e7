import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  certificateBlocks,
  parseCertificate,
  type Certificate,
} from '../../../src/emulator/pkix/certificate.ts'
import { Refusal } from '../../../src/emulator/refusal.ts'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
  type IssuedCertificate,
} from '../../../src/emulator/throwaway-pki.ts'
import { createTrustAnchor, type TrustAnchor } from '../../../src/emulator/pkix/trust-anchor.ts'
import { verifyChain } from '../../../src/emulator/pkix/verify-chain.ts'
import { hasProgram } from '../../support/capabilities.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')

let root: Authority
let other: Authority

beforeAll(async () => {
  root = await createAuthority()
  other = await createAuthority({ subject: 'CN=Other', keyType: 'rsa' })
})

function parsed({ certificatePem }: Pick<IssuedCertificate, 'certificatePem'>): Certificate {
  return parseCertificate(certificateBlocks(certificatePem)[0]!)
}

/** The refusal's exact reason, or undefined for a trusted leaf. */
function reason(leaf: Certificate, anchor: TrustAnchor, now = NOW): string | undefined {
  try {
    verifyChain(leaf, [], anchor, now)
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return undefined
}

describe('a trust anchor', () => {
  it('of two certificates trusts the leaves of both', async () => {
    const anchor = await createTrustAnchor(root.certificatePem + other.certificatePem)
    expect(reason(parsed(await root.issue()), anchor)).toBeUndefined()
    expect(reason(parsed(await other.issue()), anchor)).toBeUndefined()
  })

  it('may be an intermediate, and then trusts nothing beside it', async () => {
    const issuing = await root.issueAuthority({ subject: 'CN=Issuing' })
    const anchor = await createTrustAnchor(issuing.certificatePem)
    expect(reason(parsed(await issuing.issue()), anchor)).toBeUndefined()
    expect(reason(parsed(await root.issue()), anchor)).toMatch(/holds the issuer/)
  })

  it('that has expired trusts nothing any more', async () => {
    const old = await createAuthority({ notAfter: new Date(NOW - 1000) })
    const anchor = await createTrustAnchor(old.certificatePem)
    expect(reason(parsed(await old.issue()), anchor)).toMatch(/"CN=Throwaway Root CA" expired/)
  })

  it('is no leaf itself', async () => {
    const anchor = await createTrustAnchor(root.certificatePem)
    expect(reason(parsed(root), anchor)).toMatch(/is a CA certificate/)
  })

  it.each<[string, CertificateOptions, string]>([
    ['is not a CA', { isCa: false }, 'it is not a CA certificate'],
    ['has no basicConstraints', { isCa: null }, 'it is not a CA certificate'],
    ['may not sign certificates', { keyUsage: ['cRLSign'] }, 'with keyCertSign'],
    ['has a SHA-1 signature', { hash: 'SHA-1' }, 'a hash weaker than SHA-256'],
    ['is of version 1', { version: 1 }, 'it is not an X.509 version 3 certificate'],
    ['has an empty subject', { subject: '' }, 'it has an empty subject'],
  ])('that %s is refused', async (_, options, message) => {
    const { certificatePem } = await createAuthority(options)
    await expect(createTrustAnchor(certificatePem)).rejects.toMatchObject({
      code: 'ERR_CONFIG_CERTIFICATE_INVALID',
      message: expect.stringContaining(message) as string,
    })
  })

  it('of a thousand certificates is counted and not read', async () => {
    const block = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    await expect(createTrustAnchor(block.repeat(1100))).rejects.toMatchObject({
      message: expect.stringContaining('holds 1100 certificates') as string,
    })
  })

  it.each<[string, () => string, string]>([
    ['nothing', () => '', 'ERR_CONFIG_CERTIFICATE_MISSING'],
    ['a key', () => root.privateKeyPem, 'ERR_CONFIG_CERTIFICATE_MISSING'],
    ['three certificates', () => root.certificatePem.repeat(3), 'ERR_CONFIG_CERTIFICATE_INVALID'],
    [
      'half of a certificate',
      () => root.certificatePem.replace(/\n.*\n(.*\n)-----END/, '\n-----END'),
      'ERR_CONFIG_CERTIFICATE_INVALID',
    ],
  ])('made of %s is refused', async (_, pem, code) => {
    await expect(createTrustAnchor(pem())).rejects.toMatchObject({ code })
  })
})

describe('revocation lists', () => {
  it('come in PEM or DER, one for each certificate of the anchor', async () => {
    const [mine, theirs] = [await root.issue(), await other.issue()]
    const pem = [
      await root.revocationList([mine.serialNumber]),
      await other.revocationList([theirs.serialNumber]),
    ]
    const anchor = await createTrustAnchor(root.certificatePem + other.certificatePem, {
      revocationLists: pem.join(''),
    })
    expect(reason(parsed(mine), anchor)).toMatch(/is revoked/)
    expect(reason(parsed(theirs), anchor)).toMatch(/is revoked/)
    expect(reason(parsed(await root.issue()), anchor)).toBeUndefined()

    const der = Buffer.from((pem[1] ?? '').replace(/-----.*?-----|\s/g, ''), 'base64')
    const single = await createTrustAnchor(other.certificatePem, { revocationLists: der })
    expect(reason(parsed(theirs), single)).toMatch(/is revoked/)
  })

  it('without entries revoke nothing', async () => {
    const anchor = await createTrustAnchor(root.certificatePem, {
      revocationLists: await root.revocationList([]),
    })
    expect(reason(parsed(await root.issue()), anchor)).toBeUndefined()
  })

  it.each<[string, () => Promise<string | Buffer>, RegExp]>([
    [
      'of a stranger',
      () => other.revocationList([1n]),
      /"CN=Other" is not signed by the trust anchor/,
    ],
    [
      'signed by a stranger under the same name',
      async () => (await createAuthority()).revocationList([1n]),
      /is not signed by the trust anchor/,
    ],
    ['that are none', () => Promise.resolve('hello'), /the revocation list cannot be used/],
    [
      'that are certificates',
      () => Promise.resolve(root.certificatePem),
      /the revocation list cannot be used/,
    ],
    [
      'three of them',
      async () => (await root.revocationList([1n])).repeat(3),
      /3 revocation lists were given/,
    ],
  ])('%s are refused', async (_, list, message) => {
    await expect(
      createTrustAnchor(root.certificatePem, { revocationLists: await list() }),
    ).rejects.toMatchObject({
      code: 'ERR_CONFIG_CERTIFICATE_INVALID',
      message: expect.stringMatching(message) as string,
    })
  })
})

describe.skipIf(!hasProgram('openssl'))('certificates made by OpenSSL', () => {
  function issued(...options: readonly string[]): Certificate {
    const folder = mkdtempSync(join(tmpdir(), 'trust-anchor-'))
    try {
      const path = (name: string): string => join(folder, name)
      writeFileSync(path('ca.pem'), other.certificatePem)
      writeFileSync(path('ca.key'), other.privateKeyPem, { mode: 0o600 })
      const plain = 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n'
      writeFileSync(path('ext'), `${plain}1.2.3.4=critical,ASN1:NULL\n`)
      writeFileSync(path('plain-ext'), plain)
      const run = (...args: readonly string[]): unknown =>
        execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
      run(
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'k',
        '-subj',
        '/CN=x',
        '-out',
        'r',
      )
      run(
        'x509',
        '-req',
        '-in',
        'r',
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-days',
        '9999',
        '-out',
        'c',
        ...options,
      )
      const pem = readFileSync(path('c'), 'latin1')
      return parsed({ certificatePem: new X509Certificate(pem).toString() })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  it('an ordinary one is trusted, and one with RSASSA-PSS too', async () => {
    const anchor = await createTrustAnchor(other.certificatePem)
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1']
    for (const options of [[], pss]) {
      const leaf = issued('-extfile', 'plain-ext', ...options)
      expect(reason(leaf, anchor, leaf.notBefore)).toBeUndefined()
    }
  })

  it.each<[string, string[], RegExp]>([
    ['MD5', ['-extfile', 'plain-ext', '-md5'], /hash weaker than SHA-256/],
    ['SHA-224', ['-extfile', 'plain-ext', '-sha224'], /hash weaker than SHA-256/],
    [
      'SHA-1 inside RSASSA-PSS',
      ['-extfile', 'plain-ext', '-sha1', '-sigopt', 'rsa_padding_mode:pss'],
      /hash weaker than SHA-256/,
    ],
    ['an unknown critical extension', ['-extfile', 'ext'], /critical extension that is not known/],
  ])('%s is refused', async (_, options, message) => {
    const anchor = await createTrustAnchor(other.certificatePem)
    const leaf = issued(...options)
    expect(reason(leaf, anchor, leaf.notBefore)).toMatch(message)
  })
})
