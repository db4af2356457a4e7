import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { inWords } from '../../../src/core/wording.ts'
import { CERTIFICATE_CHECKS } from '../../../src/doctor/certificate-checks.ts'
import { certificateFacts } from '../../../src/doctor/certificate-facts.ts'
import { judgeAll, type Finding } from '../../../src/doctor/check.ts'
import { createAuthority, type CertificateOptions } from '../../../src/emulator/throwaway-pki.ts'

const authority = await createAuthority()
const NOW = Date.UTC(2026, 0, 1)

async function examine(options: CertificateOptions, now = NOW): Promise<readonly Finding[]> {
  const { certificatePem } = await authority.issue({
    notBefore: new Date('2025-12-01T00:00:00Z'),
    notAfter: new Date('2026-03-01T00:00:00Z'),
    ...options,
  })
  return judgeAll(CERTIFICATE_CHECKS, {
    ...certificateFacts(new X509Certificate(certificatePem)),
    now,
  })
}

describe('a good certificate', () => {
  it('passes every check', async () => {
    const findings = await examine({})
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(findings).toHaveLength(Object.keys(CERTIFICATE_CHECKS).length)
  })
})

describe('each mistake is found by its check and by no other', () => {
  it.each<[id: string, status: string, found: string, options: CertificateOptions]>([
    ['certificate-ca', 'problem', 'CA certificate', { isCa: true }],
    ['certificate-key-usage', 'problem', 'missing', { keyUsage: null }],
    ['certificate-key-usage', 'problem', 'keyEncipherment', { keyUsage: ['keyEncipherment'] }],
    ['certificate-hash', 'problem', 'sha1', { hash: 'SHA-1' }],
    ['certificate-key-type', 'warning', '1024', { keyType: 'rsa', modulusLength: 1024 }],
    ['certificate-serial-number', 'problem', 'not positive', { serialNumber: -5n }],
    ['certificate-subject', 'problem', 'empty', { subject: '' }],
    ['certificate-common-name', 'problem', '65 characters', { subject: `CN=${'x'.repeat(65)}` }],
    ['certificate-tag-characters', 'warning', 'web (1)', { subject: 'CN=web (1)' }],
    ['certificate-tag-length', 'warning', '257', { subject: `CN=web,OU=${'x'.repeat(257)}` }],
  ])('%s: %s, %s', async (id, status, found, options) => {
    const findings = (await examine(options)).filter((finding) => finding.status !== 'ok')
    expect(findings.map((finding) => finding.id)).toEqual([id])
    const [finding] = findings
    expect(finding?.status).toBe(status)
    expect(inWords(finding?.found ?? '').toLowerCase()).toContain(found.toLowerCase())
    expect(inWords(finding?.next ?? '')).not.toBe('')
  })

  it('certificate-extended-key-usage: warning', async () => {
    const facts = certificateFacts(new X509Certificate((await authority.issue()).certificatePem))
    const serverAuth = '1.3.6.1.5.5.7.3.1'
    const judged = judgeAll(CERTIFICATE_CHECKS, {
      ...facts,
      extendedKeyUsage: [serverAuth],
      now: NOW,
    })
    const statusOf = (id: string) => judged.find((finding) => finding.id === id)?.status
    expect(statusOf('certificate-extended-key-usage')).toBe('warning')
  })

  it('certificate-version: problem, beside what version 1 cannot say', async () => {
    const findings = await examine({ version: 1 })
    expect(findings.filter(({ status }) => status === 'problem').map(({ id }) => id)).toEqual([
      'certificate-version',
      'certificate-key-usage',
    ])
  })

  it.each([
    ['certificate-dates', 'problem', '2026-03-02T00:00:00Z'],
    ['certificate-dates', 'problem', '2025-11-30T00:00:00Z'],
    ['certificate-renewal', 'warning', '2026-02-20T00:00:00Z'],
  ])('%s: %s at %s', async (id, status, now) => {
    const findings = await examine({}, Date.parse(now))
    expect(findings.find((finding) => finding.id === id)?.status).toBe(status)
  })
})
