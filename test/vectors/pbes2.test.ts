/**
 * Project Wycheproof's PBES2 vectors against our decryption. Passwords that are no UTF-8 text are left
 * out: a secret is text here.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectDecrypts, type Pbes2Vector } from '../support/suites/pbes2.ts'
import { VECTORS } from './vectors.ts'

interface TestFile {
  readonly testGroups: readonly {
    readonly tests: readonly (Pbes2Vector & { readonly flags: readonly string[] })[]
  }[]
}

const FILES = [
  ['pbes2_hmacsha1_aes_128_test.json', '1.2.840.113549.2.7', '2.16.840.1.101.3.4.1.2'],
  ['pbes2_hmacsha256_aes_256_test.json', '1.2.840.113549.2.9', '2.16.840.1.101.3.4.1.42'],
] as const

describe('Wycheproof PBES2', () => {
  it.each(FILES)('%s', async (file, prf, cipher) => {
    const text = readFileSync(new URL(`wycheproof/${file}`, VECTORS), 'utf8')
    const vectors = (JSON.parse(text) as TestFile).testGroups
      .flatMap(({ tests }) => tests)
      .filter(({ flags }) => !flags.includes('NonUtf8'))
    expect(vectors.length).toBeGreaterThan(50)
    for (const vector of vectors) await expectDecrypts(vector, { prf, cipher })
  })
})
