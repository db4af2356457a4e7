/**
 * TPM key files of every kind: parsed where they can be used, and refused by name where they cannot.
 * What a TPM does with one is tested in test/interop/tpm.test.ts.
 */

import { beforeAll, describe, expect, it } from 'vitest'
import { parseTss2Key } from '../../src/identity/tpm/tss2-key-file.ts'
import { hasProgram } from '../support/capabilities.ts'
import {
  makeTss2Keys,
  withoutEmptyAuth,
  withParent,
  withPart,
  withTrueOf255,
  type Tss2Kind,
} from '../support/foreign-data/tss2-keys.ts'
import { startSwtpm } from '../support/swtpm.ts'

const OWNER = 0x4000_0001
const isReady = ['swtpm', 'tpm2_create', 'tpm2_encodeobject'].every(hasProgram)
let keys: Readonly<Record<Tss2Kind, Buffer>>

beforeAll(async () => {
  if (!isReady) return
  await using tpm = await startSwtpm()
  keys = await makeTss2Keys(tpm)
})

type Change = (der: Buffer) => Buffer
const asItIs: Change = (der) => der

describe.skipIf(!isReady)('TSS2 PRIVATE KEY files', () => {
  it.each<[name: string, kind: Tss2Kind, change: Change, expected: object]>([
    ['RSA', 'rsa', asItIs, { emptyAuth: true, parent: OWNER, rsaParent: false }],
    ['EC', 'ec', asItIs, { emptyAuth: true, parent: OWNER, rsaParent: false }],
    ['one with a password', 'rsa', withoutEmptyAuth, { emptyAuth: false }],
    ['one whose TRUE is 255', 'ec', withTrueOf255, { emptyAuth: true }],
    ['one with a description', 'ec', (der) => withPart(der, 'description'), { parent: OWNER }],
    ['parent 0', 'ec', (der) => withParent(der, 0n), { parent: OWNER }],
    ['a persistent parent', 'ec', (der) => withParent(der, 0x8100_0001n), { parent: 0x8100_0001 }],
    [
      'a persistent parent, its top bit as a sign',
      'rsa',
      (der) => withParent(der, 0x8100_0001n - 2n ** 32n),
      { parent: 0x8100_0001 },
    ],
  ])('%s is read', (_name, kind, change, expected) => {
    const key = parseTss2Key(change(keys[kind]), 'client.key')
    expect(key).toMatchObject(expected)
    expect(key.publicArea.publicKey.asymmetricKeyType).toBe(kind)
    expect(key.privateBytes.length).toBeGreaterThan(50)
  })

  it.each<[name: string, kind: Tss2Kind, change: Change, reason: string]>([
    ['an HMAC key', 'hmac', asItIs, 'HMAC key'],
    ['sealed data', 'sealed', asItIs, 'sealed data'],
    ['a policy', 'ec', (der) => withPart(der, 'policy'), 'policy'],
    ['a choice of policies', 'rsa', (der) => withPart(der, 'other policies'), 'policy'],
    ['a secret for import', 'ec', (der) => withPart(der, 'secret'), 'secret for import'],
    ['a transient parent', 'ec', (der) => withParent(der, 0x8000_0000n), 'parent 0x80000000'],
  ])('%s is refused for it', (_name, kind, change, reason) => {
    expect(() => parseTss2Key(change(keys[kind]), 'client.key')).toThrow(
      expect.objectContaining({
        code: 'ERR_KEY_UNSUPPORTED',
        message: expect.stringContaining(reason) as string,
      }),
    )
  })

  it.each([10, 100, 200])('one that ends after %i bytes is malformed', (length) => {
    expect(() => parseTss2Key(keys.rsa.subarray(0, length), 'client.key')).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_MALFORMED' }),
    )
  })
})
