/**
 * ML-DSA keys and certificates of RFC 9881 and of the reference helper: all three private forms of one
 * key are that key, encrypted or not, and forms that contradict themselves are refused.
 */

import { X509Certificate, verify } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explainUnreadableKey } from '../../src/identity/key-file/explain-unreadable-key.ts'
import { loadFileIdentity, loadFileSigner } from '../../src/identity/content/load-file-identity.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'
import { inFiles } from '../support/places.ts'
import { failureOf, recordingPorts } from '../unit/identity/recording-ports.ts'
import { decodeBlocks } from '../../src/identity/encoding/decode-blocks.ts'

const RFC = new URL('rfc9881-mldsa/', VECTORS)
const AWS = new URL('aws-helper-tst/mldsa-fixtures/', VECTORS)

const certificateOf = (url: URL): X509Certificate => new X509Certificate(readFileSync(url))

async function expectSigns(keyUrl: URL, certificate: X509Certificate): Promise<void> {
  const { signer, publicKey } = await loadFileSigner(
    inFiles({ privateKey: keyUrl.pathname, keyPassword: () => Promise.resolve('password') }),
    recordingPorts(),
  )
  await using own = signer
  expect(own.algorithm).toMatchObject({ token: 'AWS4-X509-MLDSA', hash: null })
  expect(publicKey.equals(certificate.publicKey)).toBe(true)
  const message = Buffer.from(keyUrl.pathname)
  expect(verify(null, message, certificate.publicKey, await own.sign(message))).toBe(true)
}

describe.skipIf(!hasVectors)('RFC 9881 examples', () => {
  const sizes = ['44', '65', '87']
  it.each(sizes.flatMap((size) => ['seed', 'expanded', 'both'].map((form) => [size, form])))(
    'ML-DSA-%s as %s signs for its certificate',
    async (size, form) => {
      const certificate = certificateOf(new URL(`ML-DSA-${size}.crt`, RFC))
      await expectSigns(new URL(`ML-DSA-${size}-${form}.priv`, RFC), certificate)
    },
  )

  it.each(['1', '2', '3'])('bad key %s contradicts itself', async (number) => {
    const privateKey = new URL(`bad-ML-DSA-44-${number}.priv`, RFC).pathname
    const error = await failureOf(loadFileSigner(inFiles({ privateKey }), recordingPorts()))
    expect(error).toMatchObject({ code: 'ERR_KEY_INCONSISTENT' })
  })

  it('without ML-DSA in Node the version that has it is named', () => {
    const name = 'ML-DSA-44-both.priv'
    const [block] = decodeBlocks({ name, bytes: readFileSync(new URL(name, RFC)) })
    const error = explainUnreadableKey(block!.bytes, name, { supportsMlDsa: () => false })
    expect(error).toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      hint: 'use Node 24.6 or newer: it is the first with ML-DSA',
    })
    expect(error?.message).toContain(process.version)
  })
})

describe.skipIf(!hasVectors)("the reference helper's ML-DSA fixtures", () => {
  const keys = hasVectors ? readdirSync(AWS).filter((name) => name.includes('-key')) : []
  it.each(keys)('%s signs for its certificate', async (name) => {
    const certificate = certificateOf(new URL(`${name.slice(0, 7)}-cert.pem`, AWS))
    await expectSigns(new URL(name, AWS), certificate)
  })

  it('are all tried', () => {
    expect(keys.length).toBe(27)
  })

  it.each(keys.filter((name) => name.includes('pkcs8-')))(
    '%s refuses a wrong password as one',
    async (name) => {
      const privateKey = new URL(name, AWS).pathname
      const password = (): Promise<string> => Promise.resolve('wrong')
      const error = await failureOf(
        loadFileSigner(inFiles({ privateKey, password }), recordingPorts()),
      )
      expect(error).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
    },
  )

  it('certificate and key are found to be a pair', async () => {
    const certificate = new URL('mldsa65-cert.pem', AWS)
    const nowMs = certificateOf(certificate).validFromDate.getTime()
    await using identity = await loadFileIdentity(
      inFiles({
        certificate: certificate.pathname,
        privateKey: new URL('mldsa65-key.pem', AWS).pathname,
      }),
      recordingPorts({ nowMs }),
    )
    expect(identity.signer.algorithm.keyType).toBe('ml-dsa-65')
    const other = loadFileIdentity(
      inFiles({
        certificate: certificate.pathname,
        privateKey: new URL('mldsa44-key.pem', AWS).pathname,
      }),
      recordingPorts({ nowMs }),
    )
    await expect(other).rejects.toMatchObject({ code: 'ERR_KEY_MISMATCH' })
  })
})
