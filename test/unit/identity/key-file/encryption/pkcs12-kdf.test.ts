import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { iterateHash } from '../../../../../src/identity/key-file/encryption/iterated-hash.ts'
import {
  KdfBudget,
  MAX_ITERATIONS,
} from '../../../../../src/identity/key-file/encryption/kdf-budget.ts'
import { passwordForms } from '../../../../../src/identity/key-file/encryption/password-forms.ts'
import { derivePkcs12 } from '../../../../../src/identity/key-file/encryption/pkcs12-kdf.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('the PKCS#12 key derivation', () => {
  // OpenSSL's own vectors: test/recipes/30-test_evp_data/evpkdf_pkcs12.txt and the older p12 tests.
  it.each([
    ['key', '0a58cf64530d823f', 1, 24, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
    ['iv', '0a58cf64530d823f', 1, 8, '79993dfe048d3b76'],
    ['mac', '3d83c0e4546ac140', 1, 20, '8d967d88f6caa9d714800ab3d48051d63f73a312'],
    ['key', '1682c0fc5b3f7ec5', 1000, 24, '483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f'],
    ['iv', '1682c0fc5b3f7ec5', 1000, 8, '9d461d1b00355c50'],
    ['mac', '263216fcc2fab31c', 1000, 20, '5ec4c7a80df652294c3925b6489a7ab857c83476'],
  ] as const)(
    '%s with salt %s, %i iterations',
    async (purpose, salt, iterations, length, expected) => {
      const password = iterations === 1 ? 'smeg' : 'queeg'
      const derived = await derivePkcs12({
        hash: { name: 'sha1', blockBytes: 64 },
        purpose,
        password: passwordForms(password)[0]!.bmp,
        salt: Buffer.from(salt, 'hex'),
        iterations,
        length,
      })
      expect(hex(derived)).toBe(expected)
    },
  )
})

describe('the iterated hash', () => {
  it.each(['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'blake2b512'])(
    '%s is what node:crypto says, one hash after another',
    async (algorithm) => {
      let expected = Buffer.from('data')
      for (let count = 1; count <= 300; count += 1) {
        expected = createHash(algorithm).update(expected).digest()
        if (![1, 2, 3, 300].includes(count)) continue
        expect(hex(await iterateHash(algorithm, Buffer.from('data'), count))).toBe(hex(expected))
      }
    },
  )
})

describe('password forms', () => {
  it.each([
    ['', ['0000', '']],
    ['ab', ['006100620000']],
    ['ä', ['00e40000', '00c300a40000']],
    ['🔑', ['d83ddd110000', '00f0009f009400910000']],
  ])('%j', (password, expected) => {
    expect(passwordForms(password).map(({ bmp }) => hex(bmp))).toEqual(expected)
  })
})

describe('the budget of one file', () => {
  it('holds for one derivation and for all together', () => {
    const budget = new KdfBudget('x.p12')
    expect(() => {
      budget.spendIterations(MAX_ITERATIONS + 1, 8)
    }).toThrow(expect.objectContaining({ code: 'ERR_KEY_KDF_TOO_COSTLY' }))
    for (let count = 0; count < 3; count += 1) budget.spendIterations(MAX_ITERATIONS, 8)
    expect(() => {
      budget.spendIterations(1, 8)
    }).toThrow('"x.p12" asks for a key derivation outside the limits')
  })

  it('holds for scrypt', () => {
    const budget = new KdfBudget('x.p12')
    const cost = { costN: 16_384, blockSizeR: 8, parallelizationP: 1 }
    for (let count = 0; count < 8; count += 1) budget.spendScrypt(cost, 8)
    expect(() => {
      budget.spendScrypt(cost, 8)
    }).toThrow(expect.objectContaining({ code: 'ERR_KEY_KDF_TOO_COSTLY' }))
  })
})
