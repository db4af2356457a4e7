import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { Signer } from '../../../src/core/ports.ts'
import { judgeAll } from '../../../src/doctor/check.ts'
import { TOKEN_CHECKS, type TokenCheckFacts } from '../../../src/doctor/token-checks.ts'
import type { ListedToken } from '../../../src/identity/pkcs11/token/list-tokens.ts'
import { throwawayIdentity } from '../../support/throwaway-identity.ts'

const TOKEN: ListedToken = {
  uri: 'pkcs11:token=card',
  ...{ label: 'card', manufacturer: 'm', model: 'm', serial: '1', pinState: [] },
  certificates: [{ uri: 'pkcs11:token=card;object=leaf;type=cert' }],
  keys: [
    { uri: 'pkcs11:token=card;object=leaf;type=private', type: 'RSA', alwaysAuthenticate: false },
  ],
}

const { signer } = await throwawayIdentity()

function facts(token: Partial<ListedToken>, more: Partial<TokenCheckFacts> = {}): TokenCheckFacts {
  const module = { path: '/lib/m.so', origin: '', description: '', version: '1.0' }
  return {
    failures: [],
    listing: { modules: [{ ...module, tokens: [{ ...TOKEN, ...token }] }], problems: [] },
    signer,
    isCertificateThere: true,
    reusesPin: false,
    ...more,
  }
}

const asking: Signer = { ...signer, alwaysAuthenticates: true }

function unusual(given: TokenCheckFacts): readonly string[] {
  return judgeAll(TOKEN_CHECKS, given).flatMap(({ id, status }) =>
    status === 'ok' ? [] : [`${id} ${status}`],
  )
}

describe('token checks', () => {
  it('pass a good token, and one whose PIN is typed on the reader', () => {
    expect(unusual(facts({}))).toEqual([])
    expect(unusual(facts({ pinState: ['the PIN is typed on the reader'] }))).toEqual([])
  })

  it.each([
    ['token-pin-tries warning', facts({ pinState: ['one more wrong PIN locks it'] })],
    ['token-certificate problem', facts({ certificates: [] }, { signer: undefined })],
    ['token-certificate skipped', facts({}, { isCertificateThere: false })],
    ['token-always-authenticate warning', facts({}, { signer: asking })],
    [
      'token-mechanism problem',
      facts({ keys: [{ uri: 'pkcs11:', type: 'other', alwaysAuthenticate: false }] }),
    ],
    ['token-mechanism skipped', facts({ keys: [] })],
  ])('%s', (expected, given) => {
    expect(unusual(given)).toContain(expected)
  })

  it('take a key that asks every time for good where the PIN is given again', () => {
    expect(unusual(facts({}, { signer: asking, reusesPin: true }))).toEqual([])
  })

  it.each([
    ['ERR_TOKEN_SUPPORT_MISSING', 'token-module'],
    ['ERR_TOKEN_NOT_FOUND', 'token-present'],
    ['ERR_TOKEN_OBJECT_NOT_FOUND', 'token-objects'],
    ['ERR_TOKEN_PIN_INCORRECT', 'token-pin'],
    ['ERR_TOKEN_PIN_LOCKED', 'token-pin-tries'],
    ['ERR_TOKEN_PIN_FINAL_TRY', 'token-pin-tries'],
  ] as const)('tell %s by %s, and look no further without a listing', (code, id) => {
    const failures = [new RolesAnywhereError(code, 'x')]
    const found = unusual(facts({}, { failures, listing: undefined, signer: undefined }))
    expect(found).toEqual(
      Object.keys(TOKEN_CHECKS).map((one) => `${one} ${one === id ? 'problem' : 'skipped'}`),
    )
  })
})
