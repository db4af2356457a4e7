import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, type Authority } from '../../../../src/emulator/throwaway-pki.ts'
import {
  adviseOnCertificate,
  checkValidity,
} from '../../../../src/identity/certificate/check-certificate.ts'
import { recordingPorts } from '../recording-ports.ts'

let root: Authority
beforeAll(async () => {
  root = await createAuthority()
})

describe('checkValidity', () => {
  const FROM = Date.UTC(2026, 0, 10, 12)
  const TO = Date.UTC(2026, 0, 20, 12)
  const MINUTE = 60_000
  let certificate: X509Certificate
  beforeAll(async () => {
    const dates = { notBefore: new Date(FROM), notAfter: new Date(TO) }
    certificate = new X509Certificate((await root.issue(dates)).certificatePem)
  })

  function outcome(nowMs: number): string {
    const ports = recordingPorts({ nowMs })
    try {
      checkValidity(certificate, 'c.pem', ports)
    } catch (error) {
      return (error as { code: string }).code
    }
    return ports.warnings.join()
  }

  it('is silent within the dates', () => {
    for (const now of [FROM, FROM + MINUTE, TO]) expect(outcome(now)).toBe('')
  })

  it('warns within 15 minutes of them, with both times', () => {
    expect(outcome(TO + 15 * MINUTE)).toContain(
      '"c.pem" expired at 2026-01-20T12:00:00Z (the clock here says 2026-01-20T12:15:00Z)',
    )
    expect(outcome(FROM - 15 * MINUTE)).toContain(
      '"c.pem" is not valid before 2026-01-10T12:00:00Z (the clock here says 2026-01-10T11:45:00Z)',
    )
  })

  it('refuses beyond', () => {
    expect(outcome(TO + 15 * MINUTE + 1)).toBe('ERR_CONFIG_CERTIFICATE_EXPIRED')
    expect(outcome(FROM - 15 * MINUTE - 1)).toBe('ERR_CONFIG_CERTIFICATE_NOT_YET_VALID')
  })
})

describe('adviseOnCertificate', () => {
  it.each([
    ['a good one', {}, undefined],
    ['a good one of SHA-384', { hash: 'SHA-384' }, undefined],
    ['a good one of SHA-512', { hash: 'SHA-512' }, undefined],
    ['version 1', { version: 1 }, 'is not of version 3'],
    ['a CA', { isCa: true, keyUsage: ['keyCertSign', 'digitalSignature'] }, 'is a CA certificate'],
    ['serial number 0', { serialNumber: 0n }, 'has no positive serial number'],
    ['a negative serial number', { serialNumber: -77n }, 'has no positive serial number'],
    ['SHA-1', { hash: 'SHA-1' }, 'is signed with MD5 or SHA-1'],
    ['an empty subject', { subject: '' }, 'has an empty subject'],
    ['no keyUsage', { keyUsage: null }, 'has no keyUsage digitalSignature'],
    ['another keyUsage', { keyUsage: ['keyEncipherment'] }, 'has no keyUsage digitalSignature'],
    [
      'several others',
      { keyUsage: ['keyCertSign', 'cRLSign'] },
      'has no keyUsage digitalSignature',
    ],
    ['several keyUsages', { keyUsage: ['cRLSign', 'digitalSignature'] }, undefined],
  ] as const)('%s', async (_, options, problem) => {
    const { certificatePem } = await root.issue(options)
    const ports = recordingPorts()
    adviseOnCertificate(new X509Certificate(certificatePem), 'c.pem', ports.reporter)
    if (problem === undefined) expect(ports.warnings).toEqual([])
    else expect(ports.warnings[0]).toContain(`"c.pem" ${problem}`)
    // A certificate of version 1 has no extensions, so it lacks keyUsage too.
    expect(ports.warnings).toHaveLength(
      problem === undefined ? 0 : problem.includes('version 3') ? 2 : 1,
    )
  })
})
