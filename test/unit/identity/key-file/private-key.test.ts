import { createPublicKey, createPrivateKey, generateKeyPairSync, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  checkKey,
  publicKeyFingerprint,
  warnIfWeak,
} from '../../../../src/identity/key-file/check-key.ts'
import { decodeBlocks } from '../../../../src/identity/encoding/decode-blocks.ts'
import { FileSigner } from '../../../../src/identity/key-file/file-signer.ts'
import { IdentityContents } from '../../../../src/identity/content/identity-content.ts'
import type { OpenedKey } from '../../../../src/identity/key-candidate.ts'
import { toPem } from '../encrypt-key.ts'
import { expectNoSecrets, failureOf, recordingPorts } from '../recording-ports.ts'

const FIXTURES = new URL('../../../../fixtures/keys/', import.meta.url)
const PASSWORD = 'fixture-password'
const fixture = (name: string): Buffer => readFileSync(new URL(name, FIXTURES))
const expected = createPublicKey(fixture('public.pem'))
/** The private scalar: no error may show it. */
const scalar = Buffer.from(
  createPrivateKey(fixture('pkcs8.pem')).export({ format: 'jwk' }).d ?? '',
  'base64url',
)

async function open(bytes: Buffer | string, password?: string): Promise<OpenedKey> {
  const keyPassword = password === undefined ? undefined : () => Promise.resolve(password)
  const contents = new IdentityContents({ keyPassword }, recordingPorts())
  const [first] = await contents.keysIn({ name: 'client.key', bytes: Buffer.from(bytes) })
  return await first!.open()
}

const PLAIN = [
  'pkcs8.pem',
  'pkcs8.der',
  'sec1.pem',
  'sec1.der',
  'sec1-after-ec-parameters.pem',
  'sec1-curve-only-in-ec-parameters.pem',
]
const ENCRYPTED = [
  'pbes2-pbkdf2-sha256-aes256.pem',
  'pbes2-pbkdf2-sha256-aes256.der',
  'pbes2-pbkdf2-sha1-aes128.pem',
  'pbes2-pbkdf2-sha224-aes192.pem',
  'pbes2-pbkdf2-sha384-aes256.pem',
  'pbes2-pbkdf2-sha512-3des.pem',
  'pbes2-scrypt-16mib.pem',
  'pbes1-sha1-3des.pem',
  'pbes1-sha1-2des.pem',
  'pbes1-md5-des.pem',
  'pbes1-rc2-40.pem',
  'pbes2-des.pem',
  'pbes2-camellia.pem',
  'legacy-aes128.pem',
  'legacy-aes192.pem',
  'legacy-aes256.pem',
  'legacy-des3.pem',
]

describe('forms of private key', () => {
  it.each(PLAIN)('%s opens without asking for a password', async (name) => {
    const { publicKey } = await open(fixture(name))
    expect(publicKey.equals(expected)).toBe(true)
  })

  it.each(ENCRYPTED)('%s opens with its password only', async (name) => {
    const { publicKey } = await open(fixture(name), PASSWORD)
    expect(publicKey.equals(expected)).toBe(true)
    const canary = 'canary-wrong-password'
    const wrong = await failureOf(open(fixture(name), canary))
    expect(wrong).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
    expectNoSecrets(wrong, [canary, scalar])
    await expect(open(fixture(name), '')).rejects.toMatchObject({
      code: 'ERR_KEY_PASSWORD_INCORRECT',
    })
    await expect(open(fixture(name))).rejects.toMatchObject({ code: 'ERR_KEY_PASSWORD_REQUIRED' })
  })

  it.each([['refused-legacy-des.pem', 'DES-CBC']])(
    '%s is refused naming %s, before a password is asked',
    async (name, cipher) => {
      await expect(open(fixture(name))).rejects.toMatchObject({
        code: 'ERR_KEY_CIPHER_UNSUPPORTED',
        detail: { cipher },
      })
    },
  )

  it('PKCS#1 opens, in PEM and DER', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const der = privateKey.export({ format: 'der', type: 'pkcs1' })
    for (const bytes of [der, Buffer.from(toPem('RSA PRIVATE KEY', der))]) {
      expect((await open(bytes)).publicKey.equals(publicKey)).toBe(true)
    }
  })

  it('garbage that a wrong password leaves behind good padding is still a wrong password', async () => {
    // One try in 256 has good padding: 2,000 tries meet it, but for one run in 2,500.
    const bytes = fixture('legacy-aes128.pem')
    for (let attempt = 0; attempt < 2000; attempt += 1) {
      await expect(open(bytes, `wrong ${attempt}`)).rejects.toMatchObject({
        code: 'ERR_KEY_PASSWORD_INCORRECT',
      })
    }
  })
})

describe('refusals by name', () => {
  it('an RSA key whose public exponent is as long as its modulus, before it is used', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const numbers = privateKey.export({ format: 'jwk' })
    const read = (name: 'p' | 'q'): bigint =>
      BigInt(`0x${Buffer.from(numbers[name] ?? '', 'base64url').toString('hex')}`)
    const [p, q] = [read('p'), read('q')]
    const order = (p - 1n) * (q - 1n)
    // The inverse of 65537 is about as long as the modulus; swapped, the pair still fits.
    const d = BigInt(`0x${Buffer.from(numbers.d ?? '', 'base64url').toString('hex')}`) % order
    const text = (value: bigint): string => {
      const hex = value.toString(16)
      return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString(
        'base64url',
      )
    }
    const swapped = { ...numbers, e: text(d), d: 'AQAB', dp: 'AQAB', dq: 'AQAB' }
    const key = createPrivateKey({ key: swapped, format: 'jwk' })
    const pem = key.export({ format: 'pem', type: 'pkcs8' })
    await expect(open(Buffer.from(pem))).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      message: expect.stringContaining('public exponent') as string,
    })
  })

  const pkcs8 = (
    type: 'ed25519' | 'ed448' | 'x25519' | 'x448' | 'rsa-pss' | 'dsa' | 'ec',
  ): Buffer => {
    // The types of Node have one overload for each name, and none for a union.
    const generate = generateKeyPairSync as unknown as (
      name: string,
      options?: object,
    ) => ReturnType<typeof generateKeyPairSync>
    const options = { modulusLength: 2048, namedCurve: 'secp256k1' }
    const { privateKey } = generate(type, options) as unknown as {
      privateKey: ReturnType<typeof createPrivateKey>
    }
    return Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  }

  it.each([
    ['ed25519', 'ed25519'],
    ['ed448', 'ed448'],
    ['x25519', 'x25519'],
    ['rsa-pss', 'rsa-pss'],
    ['dsa', 'dsa'],
    ['ec', 'secp256k1'],
  ] as const)('a key of type %s', async (type, name) => {
    await expect(open(pkcs8(type))).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      message: expect.stringContaining(name) as string,
    })
  })

  it.each([
    ['OPENSSH PRIVATE KEY', 'ERR_KEY_UNSUPPORTED', 'OpenSSH'],
    ['DSA PRIVATE KEY', 'ERR_KEY_UNSUPPORTED', 'DSA'],
    ['TSS2 PRIVATE KEY', 'ERR_KEY_MALFORMED', 'TPM'],
    ['PUBLIC KEY', 'ERR_KEY_UNSUPPORTED', 'public key'],
    ['SM2 PRIVATE KEY', 'ERR_KEY_UNSUPPORTED', 'SM2 PRIVATE KEY'],
    ['CERTIFICATE', 'ERR_KEY_MISSING', 'CERTIFICATE'],
    ['X509 CRL', 'ERR_KEY_MISSING', 'X509 CRL'],
  ])('a file with only a block of %s', async (label, code, named) => {
    await expect(open(toPem(label, scalar))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named) as string,
    })
  })

  it('a certificate in DER where a key should be', async () => {
    const { createAuthority } = await import('../../../../src/emulator/throwaway-pki.ts')
    const { certificatePem } = await createAuthority()
    const [block] = decodeBlocks({ name: 'c', bytes: Buffer.from(certificatePem) })
    await expect(open(block!.bytes)).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      message: '"client.key" holds a certificate, not a private key',
    })
  })

  it.each([
    ['PKCS#8 under a PKCS#1 label', 'RSA PRIVATE KEY', 'pkcs8.der', 'PKCS#8 under the label'],
    ['SEC1 under a PKCS#1 label', 'RSA PRIVATE KEY', 'sec1.der', 'not what its label'],
    ['SEC1 under a PKCS#8 label', 'PRIVATE KEY', 'sec1.der', 'does not parse'],
  ])('%s', async (_, label, name, problem) => {
    const error = await failureOf(open(toPem(label, fixture(name))))
    expect(error).toMatchObject({ code: 'ERR_KEY_MALFORMED' })
    expect(error.message).toContain(problem)
    expectNoSecrets(error, [scalar])
  })

  it('more keys than anyone keeps in a file', async () => {
    await expect(open(fixture('pkcs8.pem').toString().repeat(9))).rejects.toMatchObject({
      code: 'ERR_KEY_MALFORMED',
    })
  })

  it.each([
    ['Proc-Type: 4,MIC-CLEAR\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF'],
    ['Proc-Type: 4,ENCRYPTED'],
    ['Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011223344556677'],
  ])('encryption headers that do not parse: %s', async (headers) => {
    const pem = toPem('EC PRIVATE KEY', scalar).replace('\n', `\n${headers}\n\n`)
    await expect(open(pem, PASSWORD)).rejects.toMatchObject({ code: 'ERR_KEY_MALFORMED' })
  })
})

describe('checks of an opened key', () => {
  it('a public half that is not of the private half is refused', async () => {
    const own = fixture('sec1.der')
    const { privateKey: foreign } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const other = foreign.export({ format: 'der', type: 'sec1' })
    const mixed = Buffer.concat([own.subarray(0, own.length - 65), other.subarray(-65)])
    const error = await failureOf(open(mixed))
    expect(error).toMatchObject({ code: 'ERR_KEY_INCONSISTENT' })
    expectNoSecrets(error, [scalar])
  })

  it('a small RSA key works, with a warning', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const ports = recordingPorts()
    checkKey(privateKey, 'small.key')
    warnIfWeak(privateKey, 'small.key', ports.reporter)
    expect(ports.warnings).toEqual([expect.stringContaining('"small.key" has only 1024 bits')])
    warnIfWeak(createPrivateKey(fixture('pkcs8.pem')), 'ec.key', ports.reporter)
    expect(ports.warnings).toHaveLength(1)
  })

  it('the fingerprint is what openssl and sha256sum make of the public key', () => {
    // openssl pkey -pubin -in fixtures/keys/public.pem -outform DER | sha256sum
    expect(publicKeyFingerprint(expected)).toBe(
      '643eeb89d7922e52ca7e0373a3da5b19acd14c250b5a47c131311ee7f91f63f8',
    )
  })
})

describe('FileSigner', () => {
  const message = Buffer.from('string to sign')

  it('signs as its algorithm says, with the hash that is asked for', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-521' })
    for (const { privateKey, publicKey } of [rsa, ec]) {
      await using signer = new FileSigner(privateKey)
      for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
        const signature = await signer.sign(message, { hash })
        expect(verify(hash, message, publicKey, signature)).toBe(true)
      }
      expect(verify('sha256', message, publicKey, await signer.sign(message))).toBe(true)
    }
  })

  it('shows nothing of its key, and forgets it', async () => {
    const signer = new FileSigner(createPrivateKey(fixture('pkcs8.pem')))
    expectNoSecrets(signer, [scalar])
    expect(JSON.stringify(signer)).not.toContain('key":')
    await signer[Symbol.asyncDispose]()
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'ERR_KEY_SIGN_FAILED' })
  })

  it('does not sign for a caller who has gone', async () => {
    await using signer = new FileSigner(createPrivateKey(fixture('pkcs8.pem')))
    const signal = AbortSignal.abort()
    await expect(signer.sign(message, { signal })).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })

  it('says so when a key is too small for the hash', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 512 })
    await using signer = new FileSigner(privateKey)
    await expect(signer.sign(message, { hash: 'sha512' })).rejects.toMatchObject({
      code: 'ERR_KEY_SIGN_FAILED',
    })
  })
})
