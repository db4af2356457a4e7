/**
 * The library with certificate and key on a token.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fromRolesAnywhere, type FromRolesAnywhereOptions } from '../../src/index.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

describe.skipIf(!hasSoftToken)('fromRolesAnywhere with a pkcs11 URI', () => {
  let stage: Stage
  let tokens: SoftTokens
  let certificatePath: string
  let options: FromRolesAnywhereOptions

  beforeAll(async () => {
    stage = await openStage()
    tokens = new SoftTokens()
    tokens.addToken('main')
    const client = await stage.issue('client')
    certificatePath = client.certificatePath
    tokens.addCertificate('main', client.certificatePem, { id: '01', label: 'client' })
    tokens.addKey('main', client.privateKeyPem, { id: '01', label: 'client' })
    vi.stubEnv('SOFTHSM2_CONF', tokens.env['SOFTHSM2_CONF'])
    vi.stubEnv('TOKEN_PIN', PIN)
    options = {
      trustAnchorArn: TRUST_ANCHOR_ARN,
      profileArn: PROFILE_ARN,
      roleArn: ROLE_ARN,
      certificate: 'pkcs11:token=main',
      pkcs11Lib: SOFTHSM,
      pin: 'env:TOKEN_PIN',
      endpoint: (await stage.emulate()).url,
    }
  }, 60_000)

  afterAll(async () => {
    vi.unstubAllEnvs()
    tokens[Symbol.dispose]()
    await stage[Symbol.asyncDispose]()
  })

  it('obtains credentials', async () => {
    expect(await fromRolesAnywhere(options)()).toMatchObject({ accountId: '111122223333' })
  })

  it('takes the certificate from a file and the key from the token', async () => {
    const mixed = { ...options, certificate: certificatePath, privateKey: 'pkcs11:token=main' }
    expect(await fromRolesAnywhere(mixed)()).toMatchObject({ accountId: '111122223333' })
  })

  it('asks nobody for a PIN', async () => {
    await expect(fromRolesAnywhere({ ...options, pin: undefined })()).rejects.toMatchObject({
      code: 'ERR_TOKEN_PIN_REQUIRED',
    })
  })
})
