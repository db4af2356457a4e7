import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  publicDecrypt,
  sign,
  verify,
} from 'node:crypto'
import { constants } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  encodeSignature,
  mechanismInputs,
  tokenAlgorithmByType,
} from '../../../../../src/identity/pkcs11/token/mechanisms.ts'

const rsaAlgorithm = tokenAlgorithmByType(0)!
const ecAlgorithm = tokenAlgorithmByType(3)!
const MESSAGE = Buffer.from('message')

describe('what a token is asked to sign', () => {
  test.each(['sha256', 'sha384', 'sha512'] as const)(
    'the DigestInfo of %s is the one inside OpenSSL’s signature',
    (hash) => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const signature = sign(hash, MESSAGE, privateKey)
      const inside = publicDecrypt(
        { key: publicKey, padding: constants.RSA_PKCS1_PADDING },
        signature,
      )
      expect(mechanismInputs(rsaAlgorithm, MESSAGE, hash)[1]).toEqual({
        mechanism: 1,
        data: inside,
      })
    },
  )

  test('EC keys sign our own hash', () => {
    const data = createHash('sha256').update(MESSAGE).digest()
    expect(mechanismInputs(ecAlgorithm, MESSAGE)).toEqual([{ mechanism: 0x1041, data }])
  })
})

describe('what a token answers', () => {
  test.each(['P-256', 'P-384', 'P-521'])('r || s or DER, on %s', (namedCurve) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve })
    const publicKey = createPublicKey(privateKey)
    for (let count = 0; count < 50; count += 1) {
      for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
        const answer = sign('sha256', MESSAGE, { key: privateKey, dsaEncoding })
        expect(verify('sha256', MESSAGE, publicKey, encodeSignature(ecAlgorithm, answer))).toBe(
          true,
        )
      }
    }
  })

  test.each([0, 63, 1])('%i bytes are no signature', (length) => {
    expect(() => encodeSignature(ecAlgorithm, Buffer.alloc(length, 1))).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_SIGN_FAILED' }) as Error,
    )
  })
})
