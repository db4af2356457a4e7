import { describe, expect, it } from 'vitest'
import type { SessionInvocation } from '../../../src/cli/invocation.ts'
import { openIdentity } from '../../../src/cli/open-identity.ts'
import { placed } from '../../support/places.ts'

describe('--signer-command with a token', () => {
  it.each([
    { certificate: 'pkcs11:token=a' },
    { certificate: 'client.pem', privateKey: 'pkcs11:token=a' },
  ])('%j is refused, not ignored', async (given) => {
    const settings = { ...placed(given), signerCommand: 'true' }
    const invocation = { settings } as unknown as SessionInvocation
    await expect(openIdentity(invocation)).rejects.toMatchObject({ code: 'ERR_USAGE_CONFLICT' })
  })
})
