import { describe, expect, it } from 'vitest'
import type { IdentityOptions } from '../../../src/identity/identity-options.ts'
import { openIdentity } from '../../../src/identity/open-identity.ts'
import { placed } from '../../support/places.ts'
import { testPorts } from '../../support/token-ports.ts'

describe('options that exclude each other are refused by name, not passed over', () => {
  const password = async (): Promise<string> => Promise.resolve('')
  const file = placed({ certificate: 'client.pem' })
  it.each<readonly [names: string, IdentityOptions]>([
    [
      'signerCommand, pkcs11 URI',
      { ...placed({ certificate: 'pkcs11:token=a' }), signerCommand: 'true' },
    ],
    [
      'signerCommand, privateKey',
      { ...placed({ certificate: 'c.pem', privateKey: 'pkcs11:token=a' }), signerCommand: 'true' },
    ],
    ['signerCommand, keyPassword', { ...file, signerCommand: 'true', keyPassword: password }],
    ['tpmKeyPassword, keyPassword', { ...file, keyPassword: password, tpmKeyPassword: password }],
    [
      'tpmKeyPassword, noTpmKeyPassword',
      { ...file, tpmKeyPassword: password, noTpmKeyPassword: true },
    ],
  ])('%s', async (names, options) => {
    const opening = openIdentity(options, testPorts({ env: {} }))
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_USAGE_CONFLICT',
      message: expect.stringMatching(names.replace(', ', '.*')) as string,
    })
  })
})
