/** Private keys that other projects keep for their tests. PKCS#12 files have a test of their own. */

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { privateKeySuite, type PrivateKeyCase } from '../support/suites/private-keys.ts'
import { ACCEPTED, LEGACY_CIPHER, pathOf, REFUSALS, rowsOf, type Row } from './expected-verdicts.ts'

const rows = rowsOf('key')

function caseOf(row: Row): PrivateKeyCase {
  return {
    name: row.file,
    path: () => pathOf(row),
    password: asksForPassword(row) ? (row.password ?? '') : undefined,
    keyType: row.keyType?.split(' ')[0]?.replace(/^RSA.*/u, 'rsa'),
    verdict: verdictOf(row),
    isReady: true,
  }
}

function verdictOf(row: Row): PrivateKeyCase['verdict'] {
  // A certificate of Tor's own making under a label of its own: not a private key at all.
  if (row.file.endsWith('ed25519_id.pem')) return ['ERR_KEY_MISSING']
  if (row.verdict === 'parse-but-weak') return 'weak'
  if (row.verdict === LEGACY_CIPHER) {
    // What is inside may then be refused for itself.
    return row.keyType?.startsWith('RSA') === true ? 'signs' : ['ERR_KEY_UNSUPPORTED']
  }
  return REFUSALS[row.verdict] ?? 'signs'
}

/** Only what is encrypted, with a cipher that is read, under a label that a key may have. */
function asksForPassword(row: Row): boolean {
  if (row.verdict === 'refuse-unsupported-cipher') return false
  const text = readFileSync(pathOf(row), 'latin1')
  if (text.includes('BEGIN DSA PRIVATE KEY')) return false
  return text.includes('ENCRYPTED') || /encpriv|pbes|hmacWith|-enc\./iu.test(row.file)
}

it('leaves no row without a verdict', () => {
  const known = [...ACCEPTED, LEGACY_CIPHER, ...Object.keys(REFUSALS)]
  expect(rows.filter(({ verdict }) => !known.includes(verdict))).toEqual([])
  expect(rows.length).toBeGreaterThan(150)
})

privateKeySuite('private keys', rows.map(caseOf))
