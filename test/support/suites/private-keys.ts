/**
 * What is asked of every private key that others wrote: an accepted one signs, and openssl verifies;
 * any other ends in one named error with advice. A password is asked for where it is needed, a wrong
 * one is called wrong, and nothing shows either.
 *
 * @module
 */

import { afterAll, describe, expect, it } from 'vitest'
import { RolesAnywhereError, type ErrorCode } from '../../../src/core/errors.ts'
import { Workshop } from '../foreign-data/workshop.ts'
import { expectNoSecrets, failureOf, recordingPorts } from '../../unit/identity/recording-ports.ts'
import { openKey } from './open-files.ts'
import { opensslVerifies } from './openssl-verify.ts'

export interface PrivateKeyCase {
  readonly name: string
  /** The file; made on the first call where it has to be made. */
  path(): string
  /** Undefined: the file opens, or is refused, without asking for one. */
  readonly password: string | undefined
  /** As Node calls it; undefined where nothing is to be opened. */
  readonly keyType: string | undefined
  /** `weak` signs, and is warned of. Codes are those of the refusal, one of which must come. */
  readonly verdict: 'signs' | 'weak' | readonly ErrorCode[]
  /** Whether what is needed to make the file is here. */
  readonly isReady: boolean
}

const WRONG_PASSWORD = 'canary-wrong-password'
/** For what should not ask: the variable may not be empty all the same. */
const UNUSED_PASSWORD = 'unused-password'

export function privateKeySuite(title: string, cases: readonly PrivateKeyCase[]): void {
  describe(title, () => {
    const shop = new Workshop()
    afterAll(() => {
      shop[Symbol.dispose]()
    })
    for (const one of cases) {
      describe.skipIf(!one.isReady)(one.name, () => {
        oneKey(one, shop)
      })
    }
  })
}

function oneKey(one: PrivateKeyCase, shop: Workshop): void {
  const { verdict, password } = one
  if (verdict === 'signs' || verdict === 'weak') {
    it('signs', async () => {
      const ports = recordingPorts()
      const { signer, publicKey } = await openKey(one.path(), password ?? UNUSED_PASSWORD, ports)
      await using own = signer
      const signature = await own.sign(Buffer.from(one.name))
      expect(opensslVerifies(shop, publicKey, one.name, signature)).toBe(true)
      expect(publicKey.asymmetricKeyType).toBe(one.keyType)
      const isWarned = ports.warnings.some((warning) => /has only \d+ bits/u.test(warning))
      expect(isWarned).toBe(verdict === 'weak')
    })
  } else {
    it(`is refused: ${verdict.join(' or ')}`, async () => {
      const error = await failureOf(openKey(one.path(), password ?? UNUSED_PASSWORD))
      if (!(error instanceof RolesAnywhereError)) throw error
      expect(verdict).toContain(error.code)
      expect(error.hint).toBeDefined()
      expectNoSecrets(error, password === undefined ? [] : [password])
    })
  }
  if (password === undefined) {
    it('asks for no password', async () => {
      const error = await openKey(one.path(), undefined).then(
        async ({ signer }) => signer[Symbol.asyncDispose](),
        (reason: unknown) => reason,
      )
      expect(error).not.toMatchObject({ code: 'ERR_KEY_PASSWORD_REQUIRED' })
    })
  } else {
    it('asks for its password, and calls a wrong one wrong', async () => {
      await expect(openKey(one.path(), undefined)).rejects.toMatchObject({
        code: 'ERR_KEY_PASSWORD_REQUIRED',
      })
      const error = await failureOf(openKey(one.path(), WRONG_PASSWORD))
      expect(error).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
      expectNoSecrets(error, [WRONG_PASSWORD])
    })
  }
}
