import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute } from '../../../src/cli/commands/read-certificate-data.ts'
import type { Invocation } from '../../../src/cli/invocation.ts'
import { createAuthority, type Authority } from '../../../src/emulator/throwaway-pki.ts'
import { KEYS_THAT_CANNOT_BE_READ, oddCertificate } from '../../support/odd-certificates.ts'

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

it('a certificate is described by what AWS looks at', async () => {
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

it('a certificate without a subject is described too: it is one that AWS refuses', async () => {
  const { certificatePem } = await root.issue({ subject: '' })
  expect(await described(certificatePem)).toMatchObject({
    subject: '',
    issuer: 'CN=Root, O=Example',
  })
})

it('of a bundle in any order the leaf is described', async () => {
  const lower = await root.issueAuthority({ subject: 'CN=Lower' })
  const leaf = await lower.issue({ subject: 'CN=leaf' })
  const bundle = root.certificatePem + lower.certificatePem + leaf.certificatePem
  expect(await described(bundle)).toMatchObject({ subject: 'CN=leaf', issuer: 'CN=Lower' })
})

it.each(KEYS_THAT_CANNOT_BE_READ)('with a key of %s, everything else is told', async (what) => {
  const facts = await described(await oddCertificate(root, what))
  expect(facts).toMatchObject({ subject: 'CN=odd', notBefore: '2020-01-01T00:00:00.000Z' })
  expect(facts).not.toHaveProperty('keyType')
})

it.each([
  ['a first day that is none', 'notBefore', 'notAfter'],
  ['a last day that is none', 'notAfter', 'notBefore'],
] as const)('with %s, everything else is told', async (what, unread, read) => {
  const facts = await described(await oddCertificate(root, what))
  expect(facts).toMatchObject({ subject: 'CN=odd', keyType: 'EC' })
  expect(facts).not.toHaveProperty(unread)
  expect(facts).toHaveProperty(read)
})
