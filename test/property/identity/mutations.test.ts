/**
 * Damaged input: whatever is flipped, cut, doubled or made longer, each parser ends in a value or in a
 * named error that shows no key.
 */

import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { createAuthority } from '../../../src/emulator/throwaway-pki.ts'
import { parseCertificates } from '../../../src/identity/certificate/parse-certificates.ts'
import { buildChain } from '../../../src/identity/certificate/certificate-chain.ts'
import {
  adviseOnCertificate,
  checkValidity,
} from '../../../src/identity/certificate/check-certificate.ts'
import { decodeBlocks } from '../../../src/identity/encoding/decode-blocks.ts'
import { IdentityContents } from '../../../src/identity/content/identity-content.ts'
import { encryptWithPbkdf2, encryptWithScrypt } from '../../unit/identity/encrypt-key.ts'
import { expectNoSecrets, recordingPorts } from '../../unit/identity/recording-ports.ts'

const RUNS = 1000
const SEED = 20261122
const PASSWORD = 'canary-fixture-password'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/keys/${name}`, import.meta.url))
const key = createPrivateKey(fixture('pkcs8.pem'))
const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
const scalar = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')

/** One to three injuries, each at a place given as a fraction of the length. */
const injuries = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'set', 'cut', 'drop', 'repeat', 'insert'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 40 }),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 3 },
)
type Injury = (typeof injuries extends fc.Arbitrary<infer T> ? T : never)[number]

function injure(bytes: Buffer, { kind, at, length, byte }: Injury): Buffer {
  const start = Math.min(Math.floor(at * bytes.length), Math.max(bytes.length - 1, 0))
  const before = bytes.subarray(0, start)
  const slice = bytes.subarray(start, start + length)
  const after = bytes.subarray(start + length)
  const copy = Buffer.from(bytes)
  switch (kind) {
    case 'flip':
      if (bytes.length > 0) copy[start] = (copy[start] ?? 0) ^ (1 << (byte % 8))
      return copy
    case 'set':
      if (bytes.length > 0) copy[start] = byte
      return copy
    case 'cut':
      return Buffer.from(before)
    case 'drop':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, slice, slice, after])
    default:
      return Buffer.concat([before, Buffer.alloc(length, byte), slice, after])
  }
}

/** How many inputs were read and how many refused, so that a run that proves nothing fails. */
async function survives(
  original: Buffer,
  parse: (bytes: Buffer) => unknown,
): Promise<{ values: number; errors: number }> {
  const seen = { values: 0, errors: 0 }
  await fc.assert(
    fc.asyncProperty(injuries, async (list) => {
      try {
        await parse(list.reduce(injure, original))
        seen.values += 1
      } catch (error) {
        if (!(error instanceof RolesAnywhereError)) throw error
        expect(error.code).not.toBe('ERR_INTERNAL')
        expectNoSecrets(error, [PASSWORD, scalar])
        seen.errors += 1
      }
    }),
    { numRuns: RUNS, seed: SEED },
  )
  expect(seen.errors).toBeGreaterThan(RUNS / 10)
  return seen
}

async function openKey(bytes: Buffer, password = PASSWORD): Promise<unknown> {
  const keyPassword = (): Promise<string> => Promise.resolve(password)
  const contents = new IdentityContents({ keyPassword }, recordingPorts())
  const [first] = await contents.keysIn({ name: 'k', bytes })
  return await first!.open()
}

describe('damaged private keys', () => {
  it.each([
    ['PKCS#8 in PEM', fixture('pkcs8.pem')],
    ['PKCS#8 in DER', pkcs8],
    ['SEC1 in PEM, with EC PARAMETERS', fixture('sec1-curve-only-in-ec-parameters.pem')],
    ['PKCS#8 under PBKDF2', encryptWithPbkdf2(pkcs8, PASSWORD, 10)],
    ['PKCS#8 under scrypt', encryptWithScrypt(pkcs8, PASSWORD, 16, 1)],
  ])(
    '%s',
    async (_, bytes) => {
      const { values } = await survives(bytes, (damaged) => openKey(damaged))
      expect(values).toBeGreaterThan(0)
    },
    60_000,
  )

  it.each(['pbes1-sha1-3des.pem', 'legacy-aes256.pem'])(
    '%s',
    async (name) => {
      const { values } = await survives(fixture(name), (bytes) =>
        openKey(bytes, 'fixture-password'),
      )
      expect(values).toBeGreaterThan(0)
    },
    60_000,
  )
})

describe('damaged certificates', () => {
  let pem: Buffer
  let der: Buffer
  let issuer: X509Certificate
  beforeAll(async () => {
    const root = await createAuthority()
    pem = Buffer.from((await root.issue()).certificatePem)
    const blocks = decodeBlocks({ name: 'c', bytes: pem })
    der = blocks[0]!.bytes
    const issuerBlocks = decodeBlocks({ name: 'i', bytes: Buffer.from(root.certificatePem) })
    issuer = parseCertificates(issuerBlocks, 'i')[0]!
  })

  /** All that is done to a certificate before its key is looked at. */
  function examine(bytes: Buffer): void {
    const ports = recordingPorts()
    const [certificate] = parseCertificates(decodeBlocks({ name: 'c', bytes }), 'c')
    adviseOnCertificate(certificate!, 'c', ports.reporter)
    buildChain(certificate!, [issuer], ports)
    buildChain(issuer, [certificate!], ports)
    checkValidity(certificate!, 'c', ports)
  }

  it('in PEM', async () => {
    expect((await survives(pem, examine)).values).toBeGreaterThan(0)
  }, 60_000)

  it('in DER', async () => {
    expect((await survives(der, examine)).values).toBeGreaterThan(0)
  }, 60_000)
})
