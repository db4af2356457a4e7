import { describe, expect, it } from 'vitest'
import { ERROR_CODES, RolesAnywhereError, type ErrorCode } from '../../../src/core/errors.ts'
import { says, setting } from '../../../src/core/wording.ts'
import { AREAS, type Area } from '../../../src/doctor/areas.ts'
import { checkFor } from '../../../src/doctor/failures.ts'

const IDS = Object.values<Area>(AREAS).flatMap(({ checks }) => Object.keys(checks))

describe('every failure', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s belongs to a check that exists', (code) => {
    expect(IDS).toContain(checkFor(new RolesAnywhereError(code, 'x')))
  })

  it.each([
    ['certificate', 'certificate-readable'],
    ['intermediates', 'chain-readable'],
    ['privateKey', 'key-readable'],
    ['keyPassword', 'key-password'],
    ['pin', 'token-pin'],
    ['caBundle', 'network-ca-bundle'],
  ] as const)('with a file of %s belongs to %s', (name, id) => {
    const message = says`cannot read "/x" (${setting(name)})`
    expect(checkFor(new RolesAnywhereError('ERR_CONFIG_FILE_UNREADABLE', message))).toBe(id)
    const secret = new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', 'x', {
      detail: { setting: name },
    })
    expect(checkFor(secret)).toBe(id)
  })

  it.each([
    ['name look-up', 'network-name'],
    ['connection', 'network-connection'],
    ['proxy tunnel', 'network-proxy'],
    ['TLS handshake', 'network-tls'],
    ['response', 'network-answer'],
    ['response body', 'network-answer'],
  ])('by time, while in %s, belongs to %s', (phase, id) => {
    const error = new RolesAnywhereError('ERR_NETWORK_TIMEOUT', 'x', { detail: { phase } })
    expect(checkFor(error)).toBe(id)
  })
})

describe('ids', () => {
  it('are unique, and begin with the area that they are documented in', () => {
    expect(IDS).toEqual([...new Set(IDS)])
    const strangers = Object.entries<Area>(AREAS).flatMap(([area, { checks }]) =>
      Object.keys(checks).filter((id) => !id.startsWith(`${area}-`)),
    )
    expect(strangers).toEqual([])
  })
})
