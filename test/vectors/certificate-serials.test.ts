/**
 * Serial numbers of certificates found in the wild, against what independent readers say.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decimalSerialNumber } from '../../src/core/serial-number.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'

interface Row {
  readonly file: string
  readonly kind: string
  readonly base64: boolean
  readonly serialDecimal?: string | null
  readonly oracles: Readonly<Record<string, string>>
}

const rows = hasVectors
  ? (JSON.parse(readFileSync(new URL('expected.json', VECTORS), 'utf8')) as Row[]).filter(
      ({ kind, serialDecimal }) => kind === 'cert' && typeof serialDecimal === 'string',
    )
  : []

describe.skipIf(!hasVectors)('serial numbers of the certificate vectors', () => {
  it('are many, some of them longer than 64 bits', () => {
    expect(rows.length).toBeGreaterThan(100)
    expect(rows.some(({ serialDecimal }) => serialDecimal!.length > 20)).toBe(true)
  })

  it.each(rows)('$file', ({ file, base64, serialDecimal }) => {
    const bytes = readFileSync(new URL(file, VECTORS))
    const encoded = base64 ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes
    const { serialNumber } = new X509Certificate(encoded)
    expect(decimalSerialNumber(serialNumber)).toBe(serialDecimal)
  })
})
