/**
 * Project Wycheproof's PBES2 vectors against our decryption. Passwords that are no UTF-8 text are left
 * out: a secret is text here.
 */

import { readFileSync } from 'node:fs'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { describe, expect, it } from 'vitest'
import { Asn1Element } from '../../src/identity/encoding/asn1-element.ts'
import { readAlgorithmIdentifier } from '../../src/identity/key-file/encryption/algorithms.ts'
import { prepareDecryption } from '../../src/identity/key-file/encryption/decrypt.ts'
import { KdfBudget } from '../../src/identity/key-file/encryption/kdf-budget.ts'
import { passwordForms } from '../../src/identity/key-file/encryption/password-forms.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'
import { Pbes2Parameters, Pbkdf2Parameters } from '../unit/identity/pkcs5-schema.ts'

interface Vector {
  readonly tcId: number
  readonly flags: readonly string[]
  readonly password: string
  readonly salt: string
  readonly iterationCount: number
  readonly iv: string
  readonly msg: string
  readonly ct: string
}

const FILES = [
  ['pbes2_hmacsha1_aes_128_test.json', '1.2.840.113549.2.7', '2.16.840.1.101.3.4.1.2'],
  ['pbes2_hmacsha256_aes_256_test.json', '1.2.840.113549.2.9', '2.16.840.1.101.3.4.1.42'],
] as const

function vectorsOf(file: string): readonly Vector[] {
  const { testGroups } = JSON.parse(
    readFileSync(new URL(`wycheproof/${file}`, VECTORS), 'utf8'),
  ) as { testGroups: readonly { readonly tests: readonly Vector[] }[] }
  return testGroups.flatMap(({ tests }) => tests).filter(({ flags }) => !flags.includes('NonUtf8'))
}

function scheme(vector: Vector, prf: string, cipher: string): AlgorithmIdentifier {
  const kdf = new Pbkdf2Parameters()
  kdf.salt = new OctetString(Buffer.from(vector.salt, 'hex'))
  kdf.iterationCount = vector.iterationCount
  kdf.prf = new AlgorithmIdentifier({ algorithm: prf, parameters: null })
  const parameters = new Pbes2Parameters()
  parameters.keyDerivationFunc = new AlgorithmIdentifier({
    algorithm: '1.2.840.113549.1.5.12',
    parameters: AsnConvert.serialize(kdf),
  })
  parameters.encryptionScheme = new AlgorithmIdentifier({
    algorithm: cipher,
    parameters: AsnConvert.serialize(new OctetString(Buffer.from(vector.iv, 'hex'))),
  })
  return new AlgorithmIdentifier({
    algorithm: '1.2.840.113549.1.5.13',
    parameters: AsnConvert.serialize(parameters),
  })
}

describe.skipIf(!hasVectors)('Wycheproof PBES2', () => {
  it.each(FILES)('%s', async (file, prf, cipher) => {
    const vectors = vectorsOf(file)
    expect(vectors.length).toBeGreaterThan(50)
    for (const vector of vectors) {
      const encoded = new Uint8Array(AsnConvert.serialize(scheme(vector, prf, cipher)))
      const algorithm = readAlgorithmIdentifier(Asn1Element.parse(encoded))
      const decryption = prepareDecryption(algorithm, new KdfBudget(file))
      const [password] = passwordForms(Buffer.from(vector.password, 'hex').toString('utf8'))
      const plain = await decryption.decrypt(Buffer.from(vector.ct, 'hex'), password!)
      expect(Buffer.from(plain).toString('hex'), `tcId ${vector.tcId}`).toBe(vector.msg)
    }
  })
})
