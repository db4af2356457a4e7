/**
 * PKCS#12 files that other projects keep: of OpenSSL, Java, Firefox, macOS, Windows, GnuTLS, RFC 9579's
 * examples and forgeries. No cipher of theirs is refused here.
 */

import { expect, it } from 'vitest'
import { pkcs12Suite, type Pkcs12Case } from '../support/suites/pkcs12.ts'
import { ACCEPTED, LEGACY_CIPHER, pathOf, REFUSALS, rowsOf, type Row } from './expected-verdicts.ts'

const rows = rowsOf('p12')

function caseOf(row: Row): Pkcs12Case {
  const password = row.password ?? ''
  const isForged = row.verdict === 'refuse-mac'
  return {
    name: row.file,
    isReady: true,
    path: () => pathOf(row),
    password,
    verdict: REFUSALS[row.verdict] ?? 'signs',
    // A MAC that may not be used is refused before anything is asked.
    asksForPassword: isForged ? undefined : password !== '',
    tellsWrongPassword: !isForged,
  }
}

it('leaves no row without a verdict', () => {
  const known = [...ACCEPTED, LEGACY_CIPHER, ...Object.keys(REFUSALS)]
  expect(rows.filter(({ verdict }) => !known.includes(verdict))).toEqual([])
  expect(rows.length).toBeGreaterThan(40)
})

pkcs12Suite('PKCS#12 files', rows.map(caseOf))
