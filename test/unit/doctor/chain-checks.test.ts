import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { inWords } from '../../../src/core/wording.ts'
import { certificateFacts } from '../../../src/doctor/certificate-facts.ts'
import { CHAIN_CHECKS } from '../../../src/doctor/chain-checks.ts'
import { judgeAll } from '../../../src/doctor/check.ts'
import { createAuthority, type CertificateOptions } from '../../../src/emulator/throwaway-pki.ts'

const root = await createAuthority()
const NOW = Date.UTC(2026, 0, 1)
const NOTHING_ELSE = { failures: [], nearby: [], isUntrusted: false } as const
const certificate = ({ certificatePem }: { readonly certificatePem: string }): X509Certificate =>
  new X509Certificate(certificatePem)

async function examine(issuing: CertificateOptions, extra: readonly X509Certificate[] = []) {
  const intermediate = await root.issueAuthority({ subject: 'CN=Issuing CA', ...issuing })
  const leaf = certificate(await intermediate.issue())
  const findings = judgeAll(CHAIN_CHECKS, {
    leaf,
    chain: [certificateFacts(certificate(intermediate))],
    given: [certificate(intermediate), ...extra],
    ...NOTHING_ELSE,
    now: NOW,
  })
  return new Map(findings.map((finding) => [finding.id, finding]))
}

describe('chain checks', () => {
  it('pass a good chain and name what AWS must have', async () => {
    const findings = await examine({})
    expect([...findings.values()].map(({ status }) => status)).toEqual(
      Object.keys(CHAIN_CHECKS).map(() => 'ok'),
    )
    expect(inWords(findings.get('chain-sent')?.found ?? '')).toBe('"CN=Issuing CA"')
    expect(inWords(findings.get('chain-anchor')?.found ?? '')).toContain(
      'AWS must have "CN=Throwaway Root CA" as the trust anchor',
    )
  })

  it('say that a root that is at hand stays here', async () => {
    const findings = await examine({}, [certificate(root)])
    expect(inWords(findings.get('chain-anchor')?.found ?? '')).toContain('stays here')
  })

  it.each<[string, string, CertificateOptions]>([
    ['chain-dates', 'problem', { notAfter: new Date('2025-12-31T00:00:00Z') }],
    ['chain-ca', 'problem', { isCa: false }],
    ['chain-ca', 'problem', { keyUsage: ['cRLSign'] }],
    ['chain-hash', 'problem', { hash: 'SHA-1' }],
  ])('%s: %s', async (id, status, issuing) => {
    const findings = await examine(issuing)
    expect(findings.get(id)?.status).toBe(status)
    const others = [...findings.values()].filter((finding) => finding.id !== id)
    expect(others.map((finding) => finding.status)).toEqual(others.map(() => 'ok'))
  })

  it('chain-strangers: warning', async () => {
    const other = await (await createAuthority({ subject: 'CN=Other' })).issueAuthority()
    const finding = (await examine({}, [certificate(other)])).get('chain-strangers')
    expect(finding?.status).toBe('warning')
    expect(inWords(finding?.next ?? '')).toContain('intermediates')
  })

  it('chain-length: problem', async () => {
    const leaf = certificate(await root.issue())
    const link = certificateFacts(certificate(await root.issueAuthority()))
    const findings = judgeAll(CHAIN_CHECKS, {
      leaf,
      chain: [link, link, link, link, link, link],
      given: [],
      ...NOTHING_ELSE,
      now: NOW,
    })
    expect(findings.find(({ id }) => id === 'chain-length')?.status).toBe('problem')
  })
})
