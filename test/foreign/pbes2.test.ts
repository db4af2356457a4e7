/** PBES2 with every kind of password, salt and length, encrypted by Python while the test runs. */

import { afterAll, describe, expect, it } from 'vitest'
import { PYTHON } from '../support/capabilities.ts'
import { hasWriter, Workshop } from '../support/foreign-data/workshop.ts'
import { expectDecrypts, type Pbes2Vector } from '../support/suites/pbes2.ts'

const SCRIPT = new URL('../support/foreign-data/pbes2.py', import.meta.url).pathname

/** What the script calls an algorithm, and the object identifiers of RFC 8018 appendix B. */
const KINDS = [
  ['sha1', 'aes', 16, '1.2.840.113549.2.7', '2.16.840.1.101.3.4.1.2'],
  ['sha224', 'aes', 24, '1.2.840.113549.2.8', '2.16.840.1.101.3.4.1.22'],
  ['sha256', 'aes', 32, '1.2.840.113549.2.9', '2.16.840.1.101.3.4.1.42'],
  ['sha384', 'aes', 32, '1.2.840.113549.2.10', '2.16.840.1.101.3.4.1.42'],
  ['sha512', 'aes', 32, '1.2.840.113549.2.11', '2.16.840.1.101.3.4.1.42'],
  ['sha512_256', 'aes', 16, '1.2.840.113549.2.13', '2.16.840.1.101.3.4.1.2'],
  ['sha256', '3des', 24, '1.2.840.113549.2.9', '1.2.840.113549.3.7'],
] as const

const shop = new Workshop()
afterAll(() => {
  shop[Symbol.dispose]()
})

describe.skipIf(!hasWriter('python3-cryptography'))('PBES2 of Python', () => {
  it.each(KINDS)('PBKDF2 with %s, %s with a key of %i bytes', async (...kind) => {
    const [hash, name, keyBytes, prf, cipher] = kind
    const printed = shop.run(PYTHON, [SCRIPT, hash, name, String(keyBytes)])
    const vectors = JSON.parse(printed.toString()) as readonly Pbes2Vector[]
    expect(vectors.length).toBeGreaterThan(40)
    for (const vector of vectors) await expectDecrypts(vector, { prf, cipher })
  })
})
