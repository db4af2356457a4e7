/** Certificates found in the wild and in the tests of other projects. */

import { expect, it } from 'vitest'
import { certificateSuite, noCertificateSuite } from '../support/suites/certificates.ts'
import type { Advice } from '../support/foreign-data/openssl-certificates.ts'
import { pathOf, REFUSALS, rowsOf, type Row } from './expected-verdicts.ts'

const rows = rowsOf('cert')
const malformed = rows.filter(({ verdict }) => verdict === 'refuse-malformed')
const readable = rows.filter(({ verdict }) => verdict !== 'refuse-malformed')

/** What the table's words about a certificate come to. */
const REASONS: readonly (readonly [advice: Advice, reason: RegExp])[] = [
  ['version', /version v1/u],
  ['authority', /is a CA certificate/u],
  ['serial number', /negative serial|zero serial/u],
  ['signature', /signed with (?:sha1|md5)/u],
  ['subject', /empty subject/u],
]

/** Undefined where the reader that made the table gave up on the certificate. */
function adviceOf({ reason }: Row): readonly Advice[] | undefined {
  if (/unreadable|not understood/u.test(reason ?? '')) return undefined
  return REASONS.filter(([, words]) => words.test(reason ?? '')).map(([advice]) => advice)
}

it('are many', () => {
  expect(readable.length).toBeGreaterThan(100)
  expect(malformed.length).toBeGreaterThan(0)
})

certificateSuite(
  'certificates',
  readable.map((row) => ({
    name: row.file,
    isReady: true,
    path: () => pathOf(row),
    serialNumber: () => row.serialDecimal ?? '',
    advice: adviceOf(row),
  })),
)

noCertificateSuite(
  'no certificates',
  malformed.map((row) => ({
    name: row.file,
    isReady: true,
    path: () => pathOf(row),
    verdict: REFUSALS['refuse-malformed'] ?? [],
  })),
)
