import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decimalSerialNumber } from '../../../src/core/serial-number.ts'
import { createAuthority } from '../../../src/emulator/throwaway-pki.ts'
import { refusalOf } from '../../support/refusal.ts'

describe('decimalSerialNumber', () => {
  it.each([
    ['15', '21'],
    ['0', '0'],
    ['00', '0'],
    ['-05', '-5'],
    [
      '3b20d6c345c1d0b47c82d7df41fb821b18025e37',
      '337562787801933536189724934726614584366112857655',
    ],
  ])('%s is %s', (hex, decimal) => {
    expect(decimalSerialNumber(hex)).toBe(decimal)
  })

  it.each(['', '-', '0x15', '15\n', ' 15', '1:5', '--5', 'G'])('refuses %j', (hex) => {
    expect(refusalOf(() => decimalSerialNumber(hex)).code).toBe('ERR_CONFIG_CERTIFICATE_INVALID')
  })

  it.each([0n, -5n, -(2n ** 150n), 2n ** 159n + 1n, 2n ** 500n])(
    'reads serial number %d back from a certificate',
    async (serialNumber) => {
      const authority = await createAuthority({ serialNumber })
      const certificate = new X509Certificate(authority.certificatePem)
      expect(decimalSerialNumber(certificate.serialNumber)).toBe(serialNumber.toString())
    },
  )
})
