import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  publicDecrypt,
  sign,
  verify,
} from 'node:crypto'
import { constants } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  algorithmOfKey,
  encodeSignature,
  isOfOtherType,
  mechanismInputs,
} from '../../../../../src/identity/pkcs11/token/mechanisms.ts'
import type { KeyObjectInfo } from '../../../../../src/identity/pkcs11/host-protocol.ts'

const rsaAlgorithm = algorithmOfKey(key({ keyType: 0 }))!
const ecAlgorithm = algorithmOfKey(key({ keyType: 3 }))!
const MESSAGE = Buffer.from('message')

describe('what a token is asked to sign', () => {
  it.each(['sha256', 'sha384', 'sha512'] as const)(
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

  it('EC keys sign our own hash', () => {
    const data = createHash('sha256').update(MESSAGE).digest()
    expect(mechanismInputs(ecAlgorithm, MESSAGE)).toEqual([{ mechanism: 0x1041, data }])
  })
})

describe('what a token answers', () => {
  it.each(['P-256', 'P-384', 'P-521'])('r || s or DER, on %s', (namedCurve) => {
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

  it.each([0, 63, 1])('%i bytes are no signature', (length) => {
    expect(() => encodeSignature(ecAlgorithm, Buffer.alloc(length, 1))).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_SIGN_FAILED' }) as Error,
    )
  })
})

describe('ML-DSA', () => {
  it.each([
    [1, 'ml-dsa-44'],
    [2, 'ml-dsa-65'],
    [3, 'ml-dsa-87'],
  ])('parameter set %i is %s, and signs the message itself', (parameterSet, keyType) => {
    const algorithm = algorithmOfKey(key({ keyType: 0x4a, parameterSet }))!
    expect(algorithm.keyType).toBe(keyType)
    for (const hash of [undefined, 'sha512'] as const) {
      expect(mechanismInputs(algorithm, MESSAGE, hash)).toEqual([
        { mechanism: 0x1d, data: MESSAGE },
      ])
    }
    const answer = Buffer.alloc(64, 0x30)
    expect(encodeSignature(algorithm, answer)).toBe(answer)
  })

  it('of an unknown parameter set, or of none, is no key for us', () => {
    expect(algorithmOfKey(key({ keyType: 0x4a, parameterSet: 4 }))).toBeUndefined()
    expect(algorithmOfKey(key({ keyType: 0x4a }))).toBeUndefined()
  })

  it('a key of another set or type is not taken for one of the certificate', () => {
    const { publicKey } = generateKeyPairSync('ml-dsa-65')
    const isOther = (more: Partial<KeyObjectInfo>): boolean => isOfOtherType(key(more), publicKey)
    expect(isOther({ keyType: 0x4a, parameterSet: 2 })).toBe(false)
    expect(isOther({ keyType: 0x4a })).toBe(false)
    expect(isOther({})).toBe(false)
    expect(isOther({ keyType: 0x4a, parameterSet: 1 })).toBe(true)
    expect(isOther({ keyType: 3 })).toBe(true)
  })
})

function key(more: Partial<KeyObjectInfo>): KeyObjectInfo {
  const flags = { canSign: true, isPrivate: true, alwaysAuthenticate: false }
  return { handle: '', id: '', label: '', ...flags, ...more }
}
