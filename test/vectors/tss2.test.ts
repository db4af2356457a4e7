/**
 * TPM key files from the wild: parsed where they can be used, and refused by name where they cannot.
 * What a TPM does with one is tested with swtpm, in test/interop/tpm.test.ts.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeBlocks } from '../../src/identity/encoding/decode-blocks.ts'
import { parseTss2Key, type Tss2Key } from '../../src/identity/tpm/tss2-key-file.ts'
import { VECTORS } from './vectors.ts'

function parse(file: string): Tss2Key {
  const bytes = readFileSync(new URL(file, VECTORS))
  const block = decodeBlocks({ name: file, bytes }).find(({ label }) => label.startsWith('TSS2'))
  return parseTss2Key(block!.bytes, file)
}

describe('TSS2 PRIVATE KEY files from the wild', () => {
  const owner = 0x4000_0001
  it.each([
    ['tss2-misc/tpm2-pytss-rsa2048.pem', 'rsa', true, owner],
    ['tss2-misc/ouspg-ec-p256.pem', 'ec', true, owner],
    ['tss2-go-tpm-keyfiles/rsa-key.tpm', 'rsa', true, owner],
    ['tss2-go-tpm-keyfiles/rsa-tpm-password.tpm', 'rsa', false, owner],
  ])('%s is a key of type %s', (file, type, emptyAuth, parent) => {
    const key = parse(file)
    expect(key.publicArea.publicKey.asymmetricKeyType).toBe(type)
    expect(key).toMatchObject({ emptyAuth, parent })
    expect(key.privateBytes.length).toBeGreaterThan(50)
  })

  it.each([
    ['tss2-misc/salrashid123-hmac-not-a-signing-key.pem', 'HMAC key'],
    ['tss2-misc/salrashid123-sealed-aes-not-a-signing-key.pem', 'sealed data'],
    ['tss2-go-tpm-keyfiles/p256-authvalue.tpm', 'policy'],
    ['tss2-go-tpm-keyfiles/skey.tpm', 'policy'],
  ])('%s is refused for its %s', (file, reason) => {
    expect(() => parse(file)).toThrow(
      expect.objectContaining({
        code: 'ERR_KEY_UNSUPPORTED',
        message: expect.stringContaining(reason) as string,
      }),
    )
  })

  it('a body that is cut off is malformed', () => {
    expect(() => parse('tss2-misc/invalid-not-asn1.pem')).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/MALFORMED|PEM_INVALID/u) as string }),
    )
  })
})
