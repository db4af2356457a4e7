import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { inWords } from '../../../src/core/wording.ts'
import { judgeAll } from '../../../src/doctor/check.ts'
import { NETWORK_CHECKS, type NetworkCheckFacts } from '../../../src/doctor/network-checks.ts'

const AWS = new URL('https://rolesanywhere.eu-central-1.amazonaws.com')

const GOOD: NetworkCheckFacts = {
  endpoint: AWS,
  proxy: undefined,
  phases: ['name look-up', 'connection', 'TLS handshake'],
  server: { tlsVersion: 'TLSv1.3', issuer: 'C=US, O=Amazon, CN=Amazon RSA 2048 M01' },
  status: 201,
  clockOffsetMs: 400,
  failure: undefined,
  isSession: true,
  expiration: '2026-11-22T01:00:00Z',
  proxyFrom: undefined,
  noProxyFrom: undefined,
}

function examine(facts: Partial<NetworkCheckFacts>) {
  const findings = judgeAll(NETWORK_CHECKS, { ...GOOD, ...facts })
  return new Map(findings.map(({ id, status, found }) => [id, `${status}: ${inWords(found)}`]))
}

describe('network checks', () => {
  it('pass a good way', () => {
    const statuses = judgeAll(NETWORK_CHECKS, GOOD).map(({ status }) => status)
    expect(statuses).toEqual(Object.keys(NETWORK_CHECKS).map(() => 'ok'))
  })

  it('name a device that inspects TLS, for names of AWS alone', () => {
    const server = { tlsVersion: 'TLSv1.3', issuer: 'O=Example Corp, CN=Proxy CA' }
    expect(examine({ server }).get('network-tls')).toMatch(
      /^warning: .+issued by O=Example Corp, CN=Proxy CA: a device on the way inspects TLS/u,
    )
    const endpoint = new URL('https://vpce.example.com')
    expect(examine({ server, endpoint }).get('network-tls')).toMatch(/^ok: /u)
  })

  it.each([
    [400, 'ok: 0 s behind'],
    [60_000, 'warning: 60 s behind'],
    [-60_000, 'warning: 60 s ahead of'],
    [600_000, 'problem: 600 s behind'],
    [undefined, 'skipped: no answer'],
  ])('say of a clock off by %s ms: %s', (clockOffsetMs, says) => {
    expect(examine({ clockOffsetMs }).get('network-clock')).toContain(says)
  })

  it('say which proxy is used, and why one is not', () => {
    const proxyFrom = 'HTTPS_PROXY'
    expect(examine({ proxy: 'cache:3128', proxyFrom }).get('network-proxy')).toBe(
      'ok: cache:3128, from HTTPS_PROXY',
    )
    expect(examine({ proxy: 'cache:3128', proxyFrom }).get('network-name')).toBe(
      'skipped: the proxy looks it up',
    )
    expect(examine({ proxyFrom, noProxyFrom: 'NO_PROXY' }).get('network-proxy')).toMatch(
      /^ok: HTTPS_PROXY is set, and not used for .+, since of NO_PROXY$/u,
    )
    expect(examine({}).get('network-proxy')).toBe('ok: none is set')
  })

  it('skip what was not come to', () => {
    const failure = new RolesAnywhereError('ERR_NETWORK_DNS', 'the host name x does not exist')
    const findings = examine({
      ...{ failure, server: undefined, status: undefined, clockOffsetMs: undefined },
      phases: ['name look-up'],
    })
    expect(Object.fromEntries(findings)).toMatchObject({
      'network-name': 'problem: the host name x does not exist',
      'network-connection': 'skipped: it was not come to',
      'network-tls': 'skipped: no connection was made',
      'network-answer': 'skipped: none came',
    })
  })
})
