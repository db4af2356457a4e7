/**
 * Decrypts what others encrypted with PBES2, below the level of files: any password, salt and length.
 *
 * @see RFC 8018 sections 6.2 and appendix A.4
 * @module
 */

import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { expect } from 'vitest'
import { Asn1Element } from '../../../src/identity/encoding/asn1-element.ts'
import { readAlgorithmIdentifier } from '../../../src/identity/key-file/encryption/algorithms.ts'
import { prepareDecryption } from '../../../src/identity/key-file/encryption/decrypt.ts'
import { KdfBudget } from '../../../src/identity/key-file/encryption/kdf-budget.ts'
import { passwordForms } from '../../../src/identity/key-file/encryption/password-forms.ts'
import { Pbes2Parameters, Pbkdf2Parameters } from '../../unit/identity/pkcs5-schema.ts'

/** As Project Wycheproof writes one; bytes are in hex. */
export interface Pbes2Vector {
  readonly tcId: number
  readonly comment: string
  readonly password: string
  readonly salt: string
  readonly iterationCount: number
  readonly iv: string
  readonly msg: string
  readonly ct: string
}

/** Object identifiers of the pseudo-random function and the cipher. */
export interface Pbes2Algorithms {
  readonly prf: string
  readonly cipher: string
}

export async function expectDecrypts(
  vector: Pbes2Vector,
  algorithms: Pbes2Algorithms,
): Promise<void> {
  const encoded = new Uint8Array(AsnConvert.serialize(scheme(vector, algorithms)))
  const algorithm = readAlgorithmIdentifier(Asn1Element.parse(encoded))
  const decryption = prepareDecryption(algorithm, new KdfBudget('vector'))
  const [password] = passwordForms(Buffer.from(vector.password, 'hex').toString('utf8'))
  const plain = await decryption.decrypt(Buffer.from(vector.ct, 'hex'), password!)
  expect(Buffer.from(plain).toString('hex'), `${vector.tcId} ${vector.comment}`).toBe(vector.msg)
}

function scheme(vector: Pbes2Vector, { prf, cipher }: Pbes2Algorithms): AlgorithmIdentifier {
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
