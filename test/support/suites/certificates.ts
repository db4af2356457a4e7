/**
 * What is asked of every certificate that others issued: it is read, its serial number is what openssl
 * says, and exactly what is wrong with it is advised against. What is none is refused by name.
 *
 * @module
 */

import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import { decimalSerialNumber } from '../../../src/core/serial-number.ts'
import { adviseOnCertificate } from '../../../src/identity/certificate/check-certificate.ts'
import { failureOf, recordingPorts } from '../../unit/identity/recording-ports.ts'
import type { Advice } from '../foreign-data/openssl-certificates.ts'
import { openCertificates } from './open-files.ts'

export interface CertificateCase {
  readonly name: string
  readonly isReady: boolean
  path(): string
  /** Decimal. */
  serialNumber(): string
  /** Undefined where nothing is known of the certificate but its serial number. */
  readonly advice: readonly Advice[] | undefined
}

export interface NoCertificateCase {
  readonly name: string
  readonly isReady: boolean
  path(): string
  readonly verdict: readonly ErrorCode[]
}

/** What is said of each property. */
const SAID: Readonly<Record<Advice, RegExp>> = {
  version: /is not of version 3/u,
  authority: /is a CA certificate/u,
  'serial number': /no positive serial number/u,
  signature: /signed with MD5 or SHA-1/u,
  subject: /has an empty subject/u,
}

export function certificateSuite(title: string, cases: readonly CertificateCase[]): void {
  describe(title, () => {
    for (const one of cases) {
      it.skipIf(!one.isReady)(one.name, async () => {
        const [first] = await openCertificates(one.path())
        expect(decimalSerialNumber(first!.serialNumber)).toBe(one.serialNumber())
        if (one.advice === undefined) return
        const ports = recordingPorts()
        adviseOnCertificate(first!, one.name, ports.reporter)
        const said = Object.entries(SAID).filter(([, words]) =>
          ports.warnings.some((warning) => words.test(warning)),
        )
        expect(said.map(([advice]) => advice)).toEqual([...one.advice])
      })
    }
  })
}

export function noCertificateSuite(title: string, cases: readonly NoCertificateCase[]): void {
  describe(title, () => {
    for (const one of cases) {
      it.skipIf(!one.isReady)(one.name, async () => {
        const error = await failureOf(openCertificates(one.path()))
        expect(one.verdict).toContain((error as { code?: string }).code)
      })
    }
  })
}
