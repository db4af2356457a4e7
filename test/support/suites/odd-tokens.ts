/**
 * What is asked of tokens that others set up, each with an RSA key (id 01), a DSA key (02) and an EC key
 * (03) beside their certificates: the first and the last sign, through SoftHSM itself and through
 * p11-kit's proxy, and a PIN is asked for once or not at all.
 *
 * @module
 */

import { verify } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPkcs11Identity } from '../../../src/identity/pkcs11/token/load-pkcs11-identity.ts'
import { demand } from '../capabilities.ts'
import { placed } from '../places.ts'
import { P11_KIT_PROXY, PIN, SOFTHSM, type SoftTokens } from '../soft-token.ts'
import { testPorts } from '../token-ports.ts'

export interface TokenCase {
  readonly label: string
  /** Whether somebody has to be asked for the PIN before a signature. */
  readonly asks: boolean
}

const MODULES = [
  ['SoftHSM', SOFTHSM],
  ['p11-kit-proxy', P11_KIT_PROXY],
] as const

export function oddTokenSuite(
  title: string,
  cases: readonly TokenCase[],
  options: {
    readonly isReady: boolean
    readonly open: () => SoftTokens
    /** Within the validity of the certificates. */
    readonly now: number
  },
): void {
  describe.skipIf(!options.isReady)(title, () => {
    let tokens: SoftTokens
    beforeAll(() => {
      tokens = options.open()
    })
    afterAll(() => {
      tokens[Symbol.dispose]()
    })
    const ports = (): ReturnType<typeof testPorts> =>
      testPorts({ env: tokens.env, answers: [PIN], now: options.now })

    describe.each(MODULES)('through %s', (_name, library) => {
      const itHere = it.runIf(demand(existsSync(library), library))

      itHere.each(cases)('$label signs, asking for a PIN: $asks', async ({ label, asks }) => {
        for (const [id, keyType] of [
          ['%01', 'rsa'],
          ['%03', 'ec'],
        ] as const) {
          const world = ports()
          const certificate = `pkcs11:token=${label};id=${id}`
          await using identity = await loadPkcs11Identity(placed({ library, certificate }), world)
          const { publicKey } = identity.certificate
          expect(publicKey.asymmetricKeyType).toBe(keyType)
          const message = Buffer.from(label)
          const signature = await identity.signer.sign(message)
          expect(verify('sha256', message, publicKey, signature)).toBe(true)
          expect(world.questions).toHaveLength(asks ? 1 : 0)
        }
      })

      itHere('a DSA key is refused by its type', async () => {
        const world = ports()
        const certificate = `pkcs11:token=${cases[0]!.label};id=%02`
        const loading = loadPkcs11Identity(placed({ library, certificate }), world)
        await expect(loading).rejects.toMatchObject({ code: 'ERR_KEY_UNSUPPORTED' })
        expect(world.questions).toEqual([])
      })
    })
  })
}
