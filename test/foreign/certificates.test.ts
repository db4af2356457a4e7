/** Certificates as other programs issue them, made while the test runs. */

import { afterAll } from 'vitest'
import { CERTIFICATES, NO_CERTIFICATES } from '../support/foreign-data/certificates.ts'
import {
  OPENSSL_CERTIFICATES,
  type ForeignCertificate,
} from '../support/foreign-data/openssl-certificates.ts'
import { hasWriter, Workshop } from '../support/foreign-data/workshop.ts'
import { certificateSuite, noCertificateSuite } from '../support/suites/certificates.ts'

const shop = new Workshop()
afterAll(() => {
  shop[Symbol.dispose]()
})

/** The serial number that openssl reads, in decimal; the table's own where it names one. */
function serialNumberOf(certificate: ForeignCertificate): string {
  if (certificate.serialNumber !== undefined) return certificate.serialNumber.toString()
  const args = ['x509', '-in', shop.fileOf(certificate), '-noout', '-serial']
  const [, hex = ''] = /^serial=([0-9A-F]+)\n$/u.exec(shop.openssl(...args).toString()) ?? []
  return BigInt(`0x${hex}`).toString()
}

certificateSuite(
  'certificates',
  [...OPENSSL_CERTIFICATES, ...CERTIFICATES].map((one) => ({
    name: `${one.writer}: ${one.name}`,
    isReady: hasWriter(one.writer),
    path: () => shop.fileOf(one),
    serialNumber: () => serialNumberOf(one),
    advice: one.advice,
  })),
)

noCertificateSuite(
  'no certificates',
  NO_CERTIFICATES.map((one) => ({
    name: `${one.writer}: ${one.name}`,
    isReady: hasWriter(one.writer),
    path: () => shop.fileOf(one),
    verdict: [one.verdict],
  })),
)
