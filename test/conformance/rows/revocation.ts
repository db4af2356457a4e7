/**
 * Rows about revocation lists: what they revoke, and which lists are none to be believed.
 *
 * @module
 */

import { boolean, explicit, implicit, integer, sequence } from '../der.ts'
import { OID, extension, flipped, keyUsage, uri } from '../extensions.ts'
import type { EmulatorVerdict } from '../judges.ts'
import type { ChainRecipe, Odd, OddList } from '../make-chain.ts'
import type { ChainRow } from '../row.ts'

const REVOKED = 0x1234n
const PAST = new Date('2021-01-01T00:00:00Z')
const FUTURE = new Date('2048-01-01T00:00:00Z')

function row(
  id: string,
  what: string,
  rule: string,
  list: OddList,
  emulator: EmulatorVerdict,
  leaf: Odd = {},
  recipe: ChainRecipe = {},
): ChainRow {
  return { id: `crl-${id}`, what, rule, recipe: { lists: [list], leaf, ...recipe }, emulator }
}

const revoked: Odd = { serial: REVOKED }
const number = extension(OID.crlNumber, integer(7))
const unknown = extension('1.3.6.1.4.1.99999.4', integer(1))
/** issuingDistributionPoint with these members. */
const scope = (...members: readonly Buffer[]): OddList => ({
  revoked: [REVOKED],
  with: [extension('2.5.29.28', sequence(...members), true)],
})
const yes = (tag: number): Buffer => implicit(tag, boolean(true).subarray(2))

export const REVOCATION_ROWS: readonly ChainRow[] = [
  row('good', 'a leaf that is not on the list', '6.3.3', { revoked: [REVOKED] }, 'accepted'),
  row('revoked', 'a leaf that is', '6.3.3', { revoked: [REVOKED] }, 'certificate-revoked', revoked),
  row('empty', 'a list without entries', '5.1.2.6', {}, 'accepted'),
  row(
    'negative',
    'a negative serial number on the list',
    '5.1.2.6',
    { revoked: [-5n] },
    'certificate-revoked',
    { serial: -5n },
  ),
  row('negative-other', 'its positive twin', '5.1.2.6', { revoked: [-5n] }, 'accepted', {
    serial: 251n,
  }),
  row(
    'long',
    'a list of a thousand',
    '5.1.2.6',
    { revoked: Array.from({ length: 1000 }, (_, index) => BigInt(index + 70_000)) },
    'accepted',
  ),
  row(
    'long-revoked',
    'and the last one of them',
    '5.1.2.6',
    { revoked: Array.from({ length: 1000 }, (_, index) => BigInt(index + 70_000)) },
    'certificate-revoked',
    { serial: 70_999n },
  ),
  row(
    'damaged',
    'a list whose signature has one bit flipped',
    '6.3.3 (g)',
    { damaged: true },
    'configuration',
  ),
  row(
    'no-crl-sign',
    'a list of a CA whose keyUsage lacks cRLSign',
    '6.3.3 (f)',
    {},
    'configuration',
    {},
    { root: { with: [keyUsage('keyCertSign')] } },
  ),
  {
    ...row(
      'no-crl-sign-lenient',
      'the same with `--lenient crl-sign`',
      '6.3.3 (f)',
      {},
      'accepted',
      {},
      { root: { with: [keyUsage('keyCertSign')] } },
    ),
    lenient: ['crl-sign'],
  },
  row(
    'no-number',
    'a list without a number',
    '5.2.3',
    { without: [OID.crlNumber] },
    'configuration',
  ),
  row(
    'number-critical',
    'a list whose number is critical',
    '5.2.3',
    { with: [flipped(number)] },
    'configuration',
  ),
  {
    ...row(
      'no-number-lenient',
      'a list without a number, with `--lenient crl-number`',
      '5.2.3',
      { without: [OID.crlNumber] },
      'accepted',
    ),
    lenient: ['crl-number'],
  },
  row(
    'delta',
    'a delta',
    '5.2.4',
    { with: [extension('2.5.29.27', integer(6), true)] },
    'configuration',
  ),
  row(
    'delta-not-critical',
    'a delta that does not insist',
    '5.2.4',
    { with: [extension('2.5.29.27', integer(6))] },
    'configuration',
  ),
  row('indirect', 'an indirect list', '5.2.5', scope(yes(4)), 'configuration'),
  row(
    'some-reasons',
    'a list of some reasons only',
    '5.2.5',
    scope(implicit(3, Buffer.from('0640', 'hex'))),
    'configuration',
  ),
  row('attribute', 'a list of attribute certificates', '5.2.5', scope(yes(5)), 'configuration'),
  row(
    'leaves-only',
    'a list of leaves, and a revoked leaf',
    '5.2.5',
    scope(yes(1)),
    'certificate-revoked',
    revoked,
  ),
  row(
    'authorities-only',
    'a list of CAs, and a leaf with a number on it',
    '5.2.5',
    scope(yes(2)),
    'accepted',
    revoked,
  ),
  row(
    'partition',
    'a list that names its distribution point',
    '5.2.5',
    scope(explicit(0, explicit(0, uri('http://crl.example.com/1')))),
    'certificate-revoked',
    revoked,
  ),
  row('unknown', 'a list with an unknown extension', '5.2', { with: [unknown] }, 'accepted'),
  row(
    'unknown-critical',
    'a list with an unknown critical extension',
    '5.2',
    { with: [flipped(unknown)] },
    'configuration',
  ),
  row(
    'entry-unknown-critical',
    'an entry with an unknown critical extension',
    '5.3',
    { revoked: [1n], entryExtensions: [flipped(unknown)] },
    'configuration',
  ),
  row(
    'entry-issuer',
    'an entry of another CA',
    '5.3.3',
    { revoked: [1n], entryExtensions: [extension('2.5.29.29', sequence(uri('x:y')), true)] },
    'configuration',
  ),
  row(
    'entry-reason',
    'an entry with a reason',
    '5.3.1',
    { revoked: [REVOKED], entryExtensions: [extension('2.5.29.21', Buffer.from('0a0101', 'hex'))] },
    'certificate-revoked',
    revoked,
  ),
  row('stale', 'a list out of date', '6.3.3 (a)', { nextUpdate: PAST }, 'untrusted-certificate'),
  {
    ...row(
      'stale-lenient',
      'the same with `--lenient crl-dates`',
      '6.3.3 (a)',
      { nextUpdate: PAST },
      'accepted',
    ),
    lenient: ['crl-dates'],
  },
  row('future', 'a list of tomorrow', '6.3.3 (a)', { thisUpdate: FUTURE }, 'untrusted-certificate'),
  row(
    'no-next',
    'a list that does not say when the next one is due',
    '5.1.2.5',
    { nextUpdate: null },
    'configuration',
  ),
  row(
    'of-ca',
    'a list of a CA that is not the trust anchor',
    'User Guide, "Revocation"',
    { by: 1 },
    'configuration',
    {},
    { cas: [{}] },
  ),
]
