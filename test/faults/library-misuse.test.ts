/**
 * What callers without a type checker give to the library: a named error, and no secret in it.
 *
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromRolesAnywhere, type FromRolesAnywhereOptions } from '../../src/index.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'

let stage: Stage
let options: FromRolesAnywhereOptions
beforeAll(async () => {
  stage = await openStage()
  const { certificatePath, privateKeyPem } = await stage.issue('client')
  const encrypted = createPrivateKey(privateKeyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: '98765',
  })
  options = {
    trustAnchorArn: TRUST_ANCHOR_ARN,
    profileArn: PROFILE_ARN,
    roleArn: ROLE_ARN,
    certificate: certificatePath,
    privateKey: stage.write('encrypted.key', encrypted),
    endpoint: 'http://127.0.0.1:1',
  }
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('a function for the password', () => {
  it.each([[98_765], [undefined], [null], [{ pin: '98765' }], [Symbol('98765')]])(
    'that yields %s instead of text',
    async (yielded) => {
      const keyPassword = async () => Promise.resolve(yielded as unknown as string)
      const error: unknown = await fromRolesAnywhere({ ...options, keyPassword })().catch(
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'ERR_CONFIG_SECRET_UNAVAILABLE' })
      expect(inspect(error)).not.toContain('98765')
    },
  )
})

describe('timeoutMs', () => {
  it.each([[0], [-1], [1.5], [NaN], [Infinity], [3_600_001], ['5']])(
    'of %j is refused at once',
    (timeoutMs) => {
      expect(() =>
        fromRolesAnywhere({ ...options, timeoutMs: timeoutMs as unknown as number }),
      ).toThrow(expect.objectContaining({ code: 'ERR_USAGE_INVALID_VALUE' }))
    },
  )
})
