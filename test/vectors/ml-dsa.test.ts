/**
 * ML-DSA keys and certificates of RFC 9881 and of the reference helper: what is asked of every key is
 * asked of them in private-keys.test.ts; here each signs for its own certificate.
 */

import { X509Certificate, verify } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openKey } from '../support/suites/open-files.ts'
import { VECTORS } from './vectors.ts'

const RFC = new URL('rfc9881-mldsa/', VECTORS)
const AWS = new URL('aws-helper-tst/mldsa-fixtures/', VECTORS)

async function expectSigns(keyUrl: URL, certificateUrl: URL): Promise<void> {
  const { publicKey } = new X509Certificate(readFileSync(certificateUrl))
  await using signer = (await openKey(keyUrl.pathname, 'password')).signer
  const message = Buffer.from(keyUrl.pathname)
  expect(verify(null, message, publicKey, await signer.sign(message))).toBe(true)
}

describe('RFC 9881 examples', () => {
  const sizes = ['44', '65', '87']
  it.each(sizes.flatMap((size) => ['seed', 'expanded', 'both'].map((form) => [size, form])))(
    'ML-DSA-%s as %s signs for its certificate',
    async (size, form) => {
      const certificate = new URL(`ML-DSA-${size}.crt`, RFC)
      await expectSigns(new URL(`ML-DSA-${size}-${form}.priv`, RFC), certificate)
    },
  )
})

describe("the reference helper's ML-DSA fixtures", () => {
  const keys = readdirSync(AWS).filter((name) => name.includes('-key'))
  it('are all tried', () => {
    expect(keys.length).toBe(27)
  })

  it.each(keys)('%s signs for its certificate', async (name) => {
    await expectSigns(new URL(name, AWS), new URL(`${name.slice(0, 7)}-cert.pem`, AWS))
  })
})
