import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute } from '../../../src/cli/commands/read-certificate-data.ts'
import type { Invocation } from '../../../src/cli/invocation.ts'
import { createAuthority, type Authority } from '../../../src/emulator/throwaway-pki.ts'

let folder = ''
let root: Authority

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'read-certificate-data-'))
  root = await createAuthority({ subject: 'CN=Root,O=Example' })
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function described(pem: string): Promise<Record<string, unknown>> {
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, pem)
  let printed = ''
  const quiet = { warn: () => undefined, debug: () => undefined, error: () => undefined }
  const system = {
    env: {},
    writeResult(result: string) {
      printed += result
      return Promise.resolve()
    },
  }
  await execute({
    settings: { certificate: { kind: 'path', path: certificate } },
    system,
    reporter: quiet,
  } as unknown as Invocation<'read-certificate-data'>)
  return JSON.parse(printed) as Record<string, unknown>
}

test('a certificate is described by what AWS looks at', async () => {
  const leaf = await root.issue({
    keyType: 'rsa',
    subject: 'CN=leaf,O=Example',
    serialNumber: 255n,
  })
  expect(await described(leaf.certificatePem)).toMatchObject({
    keyType: 'RSA',
    serialNumber: '255',
    supportedAlgorithms: ['RSASHA256', 'RSASHA384', 'RSASHA512'],
    subject: 'CN=leaf, O=Example',
    issuer: 'CN=Root, O=Example',
  })
})

test('a certificate without a subject is described too: it is one that AWS refuses', async () => {
  const { certificatePem } = await root.issue({ subject: '' })
  expect(await described(certificatePem)).toMatchObject({
    subject: '',
    issuer: 'CN=Root, O=Example',
  })
})

test('of a bundle in any order the leaf is described', async () => {
  const lower = await root.issueAuthority({ subject: 'CN=Lower' })
  const leaf = await lower.issue({ subject: 'CN=leaf' })
  const bundle = root.certificatePem + lower.certificatePem + leaf.certificatePem
  expect(await described(bundle)).toMatchObject({ subject: 'CN=leaf', issuer: 'CN=Lower' })
})

/** Bytes of a good certificate, changed in place: `from` and `to` are hexadecimal and of one length. */
async function patched(from: string, to: string): Promise<string> {
  const { certificatePem } = await root.issue({ subject: 'CN=odd' })
  const der = Buffer.from(new X509Certificate(certificatePem).raw)
  const at = der.indexOf(Buffer.from(from, 'hex'))
  expect(at).toBeGreaterThan(0)
  der.write(to, at, 'hex')
  const base64 = der.toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}

const EC = '06072a8648ce3d0201'
const P256 = '06082a8648ce3d030107'

test.each([
  ['an algorithm that nobody knows', EC, '06072a8648ce3d027f'],
  ['a curve that nobody knows', P256, '06082a8648ce3d03017f'],
  ['a point off the curve', '03420004', '034200ff'],
])('with a key of %s, everything else is told', async (_what, from, to) => {
  const facts = await described(await patched(from, to))
  expect(facts).toMatchObject({ subject: 'CN=odd', notBefore: '2020-01-01T00:00:00.000Z' })
  expect(facts).not.toHaveProperty('keyType')
})
