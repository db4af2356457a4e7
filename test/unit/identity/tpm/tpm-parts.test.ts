import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeEcdsaSignature } from '../../../../src/core/ecdsa-signature.ts'
import { openTpm } from '../../../../src/identity/tpm/channel.ts'
import {
  TpmResponseError,
  readProperty,
  readPublic,
} from '../../../../src/identity/tpm/commands.ts'
import { openTpmHandle } from '../../../../src/identity/tpm/open-tpm-key.ts'
import type { PublicArea } from '../../../../src/identity/tpm/public-area.ts'
import { RefusedPasswords } from '../../../../src/identity/secret/refused-passwords.ts'
import { baseCode, tpmFailure } from '../../../../src/identity/tpm/response-codes.ts'
import { prepareDigest } from '../../../../src/identity/tpm/signing-scheme.ts'
import { hasProgram } from '../../../support/capabilities.ts'

const SHA256 = 0x000b
const SHA384 = 0x000c
const SHA512 = 0x000d
const ECDSA = 0x0018

describe('response codes', () => {
  it.each([
    [0x98e, 0x08e],
    [0x9a2, 0x0a2],
    [0x18b, 0x08b],
    [0x1df, 0x09f],
    [0x921, 0x921],
    [0x100, 0x100],
  ])('0x%s is 0x%s about some handle, parameter or session', (code, base) => {
    expect(baseCode(code)).toBe(base)
  })

  it('are named, and unknown ones shown as numbers', () => {
    expect(tpmFailure('Load', 0x1df).message).toBe('TPM2_Load failed: TPM_RC_INTEGRITY (0x1df)')
    expect(tpmFailure('Sign', 0x1b0).message).toBe('TPM2_Sign failed: 0x1b0')
  })
})

describe('digests for keys that are fixed to another hash', () => {
  /** A signature over the TPM's number by a key outside of a TPM verifies as one over SHA-256. */
  it.skipIf(!hasProgram('openssl')).each([
    ['P-256', SHA384, 48],
    ['P-256', SHA512, 64],
    ['P-384', SHA384, 48],
    ['P-384', SHA512, 64],
    ['P-521', SHA512, 64],
  ])('%s with TPM hash 0x%s', (namedCurve, hash, bytes) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    const area = areaOf(publicKey, { scheme: ECDSA, hash })
    const message = Buffer.from('message')
    const { digest, scheme } = prepareDigest(area, message, 'sha256')
    expect(digest.length).toBe(bytes)
    expect(scheme).toEqual({ scheme: ECDSA, hash })
    const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-digest-'))
    try {
      writeFileSync(join(folder, 'key'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
      writeFileSync(join(folder, 'digest'), digest)
      // pkeyutl takes the bytes as the digest, as TPM2_Sign does.
      const args = ['pkeyutl', '-sign', '-inkey', 'key', '-in', 'digest']
      const signature = execFileSync('openssl', args, { cwd: folder })
      expect(verify('sha256', message, publicKey, signature)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('a free key gets SHA-256 as it is', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { digest, scheme } = prepareDigest(
      areaOf(publicKey, undefined),
      Buffer.from('m'),
      'sha256',
    )
    expect(Buffer.from(digest)).toEqual(createHash('sha256').update('m').digest())
    expect(scheme).toEqual({ scheme: ECDSA, hash: SHA256 })
  })

  it.each([
    [{ scheme: 0x0016, hash: SHA256 }, 'RSA-PSS'],
    [{ scheme: 0x0014, hash: 0x0004 }, 'SHA-1'],
  ])('an RSA key with the fixed scheme %j is refused', (fixed, reason) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(() => prepareDigest(areaOf(publicKey, fixed), Buffer.from('m'), 'sha256')).toThrow(
      reason,
    )
  })

  function areaOf(
    publicKey: PublicArea['publicKey'],
    fixedScheme: PublicArea['fixedScheme'],
  ): PublicArea {
    return { attributes: 0, authPolicy: new Uint8Array(0), fixedScheme, publicKey }
  }
})

describe('ECDSA signatures', () => {
  it('are DER with positive, minimal numbers', () => {
    const der = encodeEcdsaSignature(Buffer.of(0, 0, 0x80, 1), Buffer.of(0x7f))
    expect(Buffer.from(der).toString('hex')).toBe('300802030080' + '0102017f')
  })
})

describe('refused passwords', () => {
  it('are known again by key and password, and do not show', () => {
    const refused = new RefusedPasswords()
    refused.add('a', Buffer.from('canary'))
    expect(refused.has('a', Buffer.from('canary'))).toBe(true)
    expect(refused.has('b', Buffer.from('canary'))).toBe(false)
    expect(refused.has('a', Buffer.from('other'))).toBe(false)
    expect(JSON.stringify(refused)).not.toContain('canary')
  })
})

describe('the way to a TPM', () => {
  it.each([
    ['nonsense', 'ERR_USAGE_INVALID_VALUE'],
    ['192.0.2.1:2321', 'ERR_USAGE_INVALID_VALUE'],
    ['tpm.example:2321', 'ERR_USAGE_INVALID_VALUE'],
    ['127.0.0.1:0', 'ERR_USAGE_INVALID_VALUE'],
    ['127.0.0.1:70000', 'ERR_USAGE_INVALID_VALUE'],
    ['/nonexistent/tpm', 'ERR_KEY_TPM_UNAVAILABLE'],
    ['/tmp', 'ERR_KEY_TPM_UNAVAILABLE'],
  ])('%s: %s', async (address, code) => {
    await expect(openTpm(address)).rejects.toMatchObject({ code })
  })

  it('a file that is no TPM answers nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-tpm-'))
    try {
      const device = join(folder, 'not-a-tpm')
      writeFileSync(device, '')
      await expect(openTpmHandle(0x8100_0001, { device, noPassword: true })).rejects.toMatchObject({
        code: 'ERR_KEY_TPM_FAILED',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  /** A server that answers each connection's first bytes with these pieces. */
  async function answering<T>(
    answer: (socket: Socket) => void,
    use: (address: string) => Promise<T>,
  ): Promise<T> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        answer(socket)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    } finally {
      server.close()
    }
  }

  const hex = (text: string): Buffer => Buffer.from(text, 'hex')

  it('a response in pieces is put together', async () => {
    const response = hex(
      '80010000001b00000000' + '00' + '00000006' + '00000001' + '0000020e00000002',
    )
    const property = await answering(
      (socket) => {
        for (const byte of response) socket.write(Buffer.of(byte))
      },
      async (address) => {
        await using channel = await openTpm(address)
        return await readProperty(channel, 0x20e)
      },
    )
    expect(property).toBe(2)
  })

  it.each([
    ['a TPM 1.2', '00c40000000a0000001e', 'ERR_KEY_TPM_FAILED'],
    ['an endless response', '8001ffffffff00000000', 'ERR_KEY_TPM_UNAVAILABLE'],
    ['a response code', '80010000000a0000018b', 'ERR_KEY_TPM_FAILED'],
    ['a cut parameter', '80010000000c000000000010', 'ERR_KEY_TPM_FAILED'],
  ])('%s is an error with a name', async (_, response, code) => {
    await answering(
      (socket) => socket.write(hex(response)),
      async (address) => {
        const access = { device: address, noPassword: true }
        await expect(openTpmHandle(0x8100_0001, access)).rejects.toMatchObject({ code })
      },
    )
  })

  it('a silent TPM is waited for only until somebody cancels', async () => {
    const controller = new AbortController()
    await answering(
      () => {
        controller.abort()
      },
      async (address) => {
        const access = { device: address, noPassword: true, signal: controller.signal }
        await expect(openTpmHandle(0x8100_0001, access)).rejects.toMatchObject({
          code: 'ERR_CANCELLED',
        })
      },
    )
  })

  it('a connection that closes is an error with a name', async () => {
    await answering(
      (socket) => socket.destroy(),
      async (address) => {
        const access = { device: address, noPassword: true }
        await expect(openTpmHandle(0x8100_0001, access)).rejects.toMatchObject({
          code: 'ERR_KEY_TPM_UNAVAILABLE',
        })
      },
    )
  })

  it('a TPM that is not ready is asked again', async () => {
    let asked = 0
    const channel = {
      transmit: () => {
        asked += 1
        return Promise.resolve(hex(asked < 3 ? '80010000000a00000922' : '80010000000a00000101'))
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    await expect(readPublic(channel, 0x8100_0001)).rejects.toBeInstanceOf(TpmResponseError)
    expect(asked).toBe(3)
  })
})
