/**
 * What is asked of every PKCS#12 file that others wrote: key and certificate come out and are a pair,
 * or it is refused by name; a password is asked for where one is needed, and a wrong one called wrong.
 *
 * @module
 */

import { verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import { expectNoSecrets, failureOf } from '../../unit/identity/recording-ports.ts'
import { openCertificates, openKey } from './open-files.ts'

export interface Pkcs12Case {
  readonly name: string
  readonly isReady: boolean
  path(): string
  readonly password: string
  /** Codes are those of the refusal, one of which must come. */
  readonly verdict: 'signs' | readonly ErrorCode[]
  /** Undefined where either will do. */
  readonly asksForPassword: boolean | undefined
  /** Whether a wrong password is called one; false where the file is refused before or all the same. */
  readonly tellsWrongPassword: boolean
}

const WRONG_PASSWORD = 'canary-wrong-password'

export function pkcs12Suite(title: string, cases: readonly Pkcs12Case[]): void {
  describe(title, () => {
    for (const one of cases) {
      describe.skipIf(!one.isReady)(one.name, () => {
        oneFile(one)
      })
    }
  })
}

function oneFile(one: Pkcs12Case): void {
  const { name, password, verdict } = one
  if (verdict === 'signs') {
    it('opens, signs, and holds its certificate', async () => {
      const { publicKey, signer } = await openKey(one.path(), password)
      await using own = signer
      const message = Buffer.from(name)
      expect(verify('sha256', message, publicKey, await own.sign(message))).toBe(true)
      const certificates = await openCertificates(one.path(), password)
      expect(certificates.some((found) => found.publicKey.equals(publicKey))).toBe(true)
    })
  } else if (verdict.includes('ERR_CONFIG_CERTIFICATE_MISSING')) {
    it('is refused as a certificate, and opens as a key', async () => {
      const error = await failureOf(openCertificates(one.path(), password))
      expect(error).toMatchObject({ code: 'ERR_CONFIG_CERTIFICATE_MISSING' })
      await using opened = (await openKey(one.path(), password)).signer
      expect(opened.algorithm).toBeDefined()
    })
  } else {
    it(`is refused: ${verdict.join(' or ')}`, async () => {
      const error = await failureOf(openKey(one.path(), password))
      expect(verdict).toContain((error as { code?: string }).code)
      expect(error).toHaveProperty('hint', expect.any(String))
      // A short one is a word that a message or a path may hold.
      expectNoSecrets(error, password.length > 8 ? [password] : [])
    })
  }
  if (one.tellsWrongPassword) {
    it('calls a wrong password wrong', async () => {
      const error = await failureOf(openKey(one.path(), WRONG_PASSWORD))
      expect(error).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
      expectNoSecrets(error, [WRONG_PASSWORD])
    })
  }
  const { asksForPassword } = one
  if (asksForPassword === undefined) return
  it(asksForPassword ? 'asks for its password' : 'asks for no password', async () => {
    const error = await openKey(one.path(), undefined).then(
      async ({ signer }) => signer[Symbol.asyncDispose](),
      (reason: unknown) => reason,
    )
    const asked = (error as { code?: string } | undefined)?.code === 'ERR_KEY_PASSWORD_REQUIRED'
    expect(asked).toBe(asksForPassword)
  })
}
