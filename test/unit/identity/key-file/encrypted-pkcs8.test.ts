import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openEncryptedPkcs8 } from '../../../../src/identity/key-file/encrypted-pkcs8.ts'
import { hasProgram } from '../../../support/capabilities.ts'
import {
  encryptWithPbkdf2,
  encryptWithScrypt,
  encryptedKeyInfo,
  pbes1Scheme,
  pbkdf2Scheme,
  scryptScheme,
  type Prf,
} from '../encrypt-key.ts'
import { expectNoSecrets, failureOf, hintOf } from '../recording-ports.ts'

const plain = createPrivateKey(
  readFileSync(new URL('../../../../fixtures/keys/pkcs8.pem', import.meta.url)),
)
const pkcs8 = plain.export({ format: 'der', type: 'pkcs8' })
const publicKey = createPublicKey(plain)
const PASSWORD = 'canary-of-the-right-password'
const IV = Buffer.alloc(16, 2)

const source = (password: string) => ({
  name: 'k.pem',
  password: () => Promise.resolve(password),
})

/** A password that must not be asked for: the parameters alone are reason to refuse. */
const untouchable = {
  name: 'k.pem',
  password: () => Promise.reject(new Error('asked for a password')),
}

describe('key derivations', () => {
  it.skipIf(!hasProgram('openssl'))('the writer of this test writes what openssl reads', () => {
    for (const der of [
      encryptWithPbkdf2(pkcs8, PASSWORD, 5),
      encryptWithScrypt(pkcs8, PASSWORD, 1024, 8),
    ]) {
      const args = ['pkey', '-inform', 'DER', '-passin', `pass:${PASSWORD}`, '-pubout']
      const pem = execFileSync('openssl', args, { input: der, encoding: 'utf8' })
      expect(createPublicKey(pem).equals(publicKey)).toBe(true)
    }
  })

  it('scrypt above the 32 MiB that Node allows by itself', async () => {
    const der = encryptWithScrypt(pkcs8, PASSWORD, 65_536, 8)
    expect((await openEncryptedPkcs8(der, source(PASSWORD))).equals(plain)).toBe(true)
  })

  it.each<Prf>([
    ...(['md5', 'md5 of PKIX', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'sm3'] as const),
  ])('PBKDF2 with HMAC of %s', async (prf) => {
    const der = encryptWithPbkdf2(pkcs8, PASSWORD, 3, prf)
    expect((await openEncryptedPkcs8(der, source(PASSWORD))).equals(plain)).toBe(true)
  })

  it('a password of any UTF-8 text, and an empty one', async () => {
    for (const password of ['', 'Grüße, 世界 🔑', 'x'.repeat(5000)]) {
      const der = encryptWithPbkdf2(pkcs8, password, 3)
      expect((await openEncryptedPkcs8(der, source(password))).equals(plain)).toBe(true)
    }
  })

  it('garbage behind good padding is still a wrong password', async () => {
    // Padding is right once in 256 tries: 2,000 tries meet it, but for one run in 2,500.
    const der = encryptWithPbkdf2(pkcs8, PASSWORD, 1)
    for (let attempt = 0; attempt < 2000; attempt += 1) {
      await expect(openEncryptedPkcs8(der, source(`${PASSWORD}${attempt}`))).rejects.toMatchObject({
        code: 'ERR_KEY_PASSWORD_INCORRECT',
      })
    }
  })

  it('the right password over something that is no key says so', async () => {
    const ed25519 = Buffer.concat([
      Buffer.from('302e020100300506032b657004220420', 'hex'),
      Buffer.alloc(32, 9),
    ])
    const unknown = Buffer.from(ed25519)
    // 1.3.101.112 becomes 1.3.101.105, which means nothing.
    unknown[11] = 0x69
    const der = encryptWithPbkdf2(unknown, PASSWORD, 1)
    const error = await failureOf(openEncryptedPkcs8(der, source(PASSWORD)))
    expect(error).toMatchObject({ code: 'ERR_KEY_UNSUPPORTED' })
    expectNoSecrets(error, [PASSWORD, Buffer.alloc(32, 9)])
  })
})

describe.skipIf(!hasProgram('openssl'))('what openssl pkcs8 writes with', () => {
  const DER = ['-outform', 'DER']
  const legacy = ['-provider', 'legacy', '-provider', 'default']
  const pem = plain.export({ format: 'pem', type: 'pkcs8' })
  const encrypt = (...args: readonly string[]): Buffer =>
    execFileSync('openssl', ['pkcs8', '-topk8', '-passout', `pass:${PASSWORD}`, ...args, ...DER], {
      input: pem,
    })

  it.each([
    ...['aria-128-cbc', 'aria-192-cbc', 'aria-256-cbc', 'sm4-cbc'].map((cipher) => ['-v2', cipher]),
    ...['camellia-128-cbc', 'camellia-192-cbc', 'camellia-256-cbc'].map((name) => ['-v2', name]),
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithMD5'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmac-md5'],
  ])('%s %s opens', async (...args) => {
    const key = await openEncryptedPkcs8(encrypt(...args), source(PASSWORD))
    expect(key.equals(plain)).toBe(true)
  })

  it.each([
    ['cast5-cbc', 'CAST5-CBC'],
    ['bf-cbc', 'BLOWFISH-CBC'],
    ['seed-cbc', 'SEED-CBC'],
  ])('%s is refused as %s, and the command of the hint converts it', async (cipher, name) => {
    const der = encrypt('-v2', cipher, ...legacy)
    const error = await failureOf(openEncryptedPkcs8(der, untouchable))
    expect(error).toMatchObject({ code: 'ERR_KEY_CIPHER_UNSUPPORTED', detail: { cipher: name } })
    const [, command = ''] = /openssl (pkcs8 [^;]*) -in OLD -out NEW;/.exec(hintOf(error)) ?? []
    const passwords = ['-passin', `pass:${PASSWORD}`, '-passout', `pass:${PASSWORD}`]
    const args = [...command.split(' '), ...passwords, '-inform', 'DER', ...DER]
    const converted = execFileSync('openssl', args, { input: der })
    expect((await openEncryptedPkcs8(converted, source(PASSWORD))).equals(plain)).toBe(true)
  })
})

describe('costs are read before they are spent, and before the password is asked for', () => {
  const tooMuch = { N: 2 ** 16, r: 8, p: 1 }
  it.each([
    ['2^31 iterations', pbkdf2Scheme({ iterations: '2147483648' }, IV)],
    ['10,000,001 iterations', pbkdf2Scheme({ iterations: 10_000_001 }, IV)],
    ['2^38 iterations', pbkdf2Scheme({ iterations: '274877906944' }, IV)],
    ['a salt above 1 KiB', pbkdf2Scheme({ iterations: 1, salt: Buffer.alloc(1025) }, IV)],
    ['scrypt of 512 MiB', scryptScheme({ ...tooMuch, N: 2 ** 19 }, IV)],
    ['scrypt with a huge r', scryptScheme({ ...tooMuch, N: 2, r: 2 ** 30 }, IV)],
    ['scrypt with 17 lanes', scryptScheme({ ...tooMuch, p: 17 }, IV)],
    ['scrypt of 256 MiB, four times', scryptScheme({ N: 2 ** 18, r: 8, p: 4 }, IV)],
    ['scrypt of 128 MiB, 16 times', scryptScheme({ N: 2 ** 20, r: 1, p: 16 }, IV)],
    ['a scrypt salt above 1 KiB', scryptScheme({ ...tooMuch, salt: Buffer.alloc(1025) }, IV)],
    ['PKCS#12 with 2^31 iterations', pbes1Scheme('2147483648', Buffer.alloc(8))],
    ['PKCS#12 with a huge salt', pbes1Scheme(1, Buffer.alloc(1025))],
  ])('%s', async (_, scheme) => {
    const der = encryptedKeyInfo(scheme, Buffer.alloc(32))
    await expect(openEncryptedPkcs8(der, untouchable)).rejects.toMatchObject({
      code: 'ERR_KEY_KDF_TOO_COSTLY',
      hint: expect.stringContaining('openssl pkcs8') as string,
    })
  })

  it.each([
    ['no iterations', pbkdf2Scheme({ iterations: 0 }, IV)],
    ['a negative number of iterations', pbkdf2Scheme({ iterations: -5 }, IV)],
    ['a derived key of another length', pbkdf2Scheme({ iterations: 1, keyLength: 4 }, IV)],
    ['an IV of another length', pbkdf2Scheme({ iterations: 1 }, Buffer.alloc(15))],
    ['an N that is no power of two', scryptScheme({ N: 1000, r: 8, p: 1 }, IV)],
    ['an N too large for its r', scryptScheme({ N: 2 ** 16, r: 1, p: 1 }, IV)],
    ['an N of 1', scryptScheme({ N: 1, r: 8, p: 1 }, IV)],
  ])('%s is malformed', async (_, scheme) => {
    const der = encryptedKeyInfo(scheme, Buffer.alloc(32))
    await expect(openEncryptedPkcs8(der, untouchable)).rejects.toMatchObject({
      code: 'ERR_KEY_MALFORMED',
    })
  })

  it('an unknown hash of the derivation is named', async () => {
    const scheme = pbkdf2Scheme({ iterations: 1, prf: '1.2.3.4' }, IV)
    await expect(
      openEncryptedPkcs8(encryptedKeyInfo(scheme, Buffer.alloc(32)), untouchable),
    ).rejects.toMatchObject({ code: 'ERR_KEY_CIPHER_UNSUPPORTED', detail: { oid: '1.2.3.4' } })
  })

  it.each([0, 15, 33])('%i encrypted bytes are malformed, not a wrong password', async (length) => {
    const scheme = pbkdf2Scheme({ iterations: 1 }, IV)
    await expect(
      openEncryptedPkcs8(encryptedKeyInfo(scheme, Buffer.alloc(length)), source('x')),
    ).rejects.toMatchObject({ code: 'ERR_KEY_MALFORMED' })
  })
})
