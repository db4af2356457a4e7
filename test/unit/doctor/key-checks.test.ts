import { describe, expect, it } from 'vitest'
import { RolesAnywhereError, type ErrorCode } from '../../../src/core/errors.ts'
import { judgeAll } from '../../../src/doctor/check.ts'
import { KEY_CHECKS, type KeyCheckFacts } from '../../../src/doctor/key-checks.ts'

const GOOD: KeyCheckFacts = {
  failures: [],
  files: [{ what: 'private key', path: '/x/client.key', mode: 0o600 }],
  encryption: 'strong',
  isPair: true,
  place: '/x/client.key',
  kind: 'file',
  signed: 'yes',
}

function unusual(facts: Partial<KeyCheckFacts>): readonly string[] {
  return judgeAll(KEY_CHECKS, { ...GOOD, ...facts }).flatMap(({ id, status }) =>
    status === 'ok' ? [] : [`${id} ${status}`],
  )
}

describe('key checks', () => {
  it('pass a good key; a TPM is not asked for one in a file', () => {
    expect(unusual({})).toEqual(['key-tpm skipped'])
    expect(unusual({ encryption: 'none' })).toEqual(['key-tpm skipped'])
  })

  it('pass a key in a TPM', () => {
    expect(unusual({ kind: 'tpm', encryption: undefined, files: [] })).toEqual([
      'key-encryption skipped',
    ])
  })

  it.each<[string, Partial<KeyCheckFacts>]>([
    ['key-encryption warning', { encryption: 'weak' }],
    [
      'key-permissions warning',
      { files: [{ what: 'password', path: '/x/password', mode: 0o640 }] },
    ],
    ['key-signs problem', { signed: new RolesAnywhereError('ERR_KEY_SIGN_FAILED', 'x') }],
    ['key-signs skipped', { signed: 'no' }],
    ['key-password skipped', { kind: 'token' }],
    ['key-match skipped', { isPair: false }],
    ['key-kind skipped', { isPair: false }],
  ])('%s', (expected, facts) => {
    expect(unusual(facts)).toContain(expected)
  })

  it.each<[ErrorCode, string]>([
    ['ERR_KEY_MALFORMED', 'key-readable'],
    ['ERR_KEY_MISSING', 'key-readable'],
    ['ERR_KEY_PASSWORD_REQUIRED', 'key-password'],
    ['ERR_KEY_PASSWORD_INCORRECT', 'key-password'],
    ['ERR_KEY_UNSUPPORTED', 'key-kind'],
    ['ERR_KEY_MISMATCH', 'key-match'],
    ['ERR_KEY_TPM_LOCKED_OUT', 'key-tpm'],
  ])('tell %s by %s', (code, id) => {
    const failures = [new RolesAnywhereError(code, 'x')]
    expect(unusual({ failures, isPair: false, signed: 'no' })).toContain(`${id} problem`)
  })
})
