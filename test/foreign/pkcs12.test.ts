/** PKCS#12 files as other programs write them, made while the test runs. */

import { afterAll } from 'vitest'
import { PBMAC1_FILES } from '../support/foreign-data/pbmac1.ts'
import { PKCS12_FILES, type ForeignPkcs12 } from '../support/foreign-data/pkcs12.ts'
import { hasWriter, Workshop } from '../support/foreign-data/workshop.ts'
import { pkcs12Suite, type Pkcs12Case } from '../support/suites/pkcs12.ts'

const shop = new Workshop()
afterAll(() => {
  shop[Symbol.dispose]()
})

function caseOf(file: ForeignPkcs12): Pkcs12Case {
  const { verdict, writer, name, password, asksForPassword } = file
  return {
    name: `${writer}: ${name}`,
    isReady: hasWriter(writer),
    path: () => shop.fileOf(file),
    password,
    verdict: verdict === 'signs' ? verdict : [verdict],
    asksForPassword,
    tellsWrongPassword: asksForPassword,
  }
}

pkcs12Suite('PKCS#12 files', PKCS12_FILES.map(caseOf))
pkcs12Suite('PKCS#12 files with the MAC of RFC 9579', PBMAC1_FILES.map(caseOf))
