/**
 * The verdict table: every chain is judged by the emulator, by OpenSSL and by GnuTLS, and each says what
 * the table says.
 *
 * The emulator's own part runs everywhere; each of the two programs where it is there.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { CHAIN_ROWS } from './chain-table.ts'
import { DIFFERENCES, reasonsFor, type OtherJudge } from './differences.ts'
import {
  judgeByCerttool,
  judgeByEmulator,
  judgeByOpenssl,
  writeChain,
  type Judgement,
} from './judges.ts'
import { makeChain, type MadeChain } from './make-chain.ts'
import { ORDINARY_TIME, type ChainRow } from './row.ts'

interface Made {
  readonly row: ChainRow
  readonly chain: MadeChain
}

const made: readonly Made[] = CHAIN_ROWS.map((row) => ({ row, chain: makeChain(row.recipe) }))
const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-verdicts-'))
for (const { row, chain } of made) writeChain(join(folder, row.id), chain)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

it('the table has at least 150 rows, each with an id of its own', () => {
  expect(CHAIN_ROWS.length).toBeGreaterThanOrEqual(150)
  expect(new Set(CHAIN_ROWS.map(({ id }) => id)).size).toBe(CHAIN_ROWS.length)
})

it('every difference that is explained is one of a row', () => {
  const ids = new Set(CHAIN_ROWS.map(({ id }) => id))
  expect(DIFFERENCES.flatMap(({ rows }) => rows).filter((id) => !ids.has(id))).toEqual([])
})

describe('the emulator', () => {
  it.each(made)('$row.id: $row.what is $row.emulator', async ({ row, chain }) => {
    const at = row.at ?? ORDINARY_TIME
    const { verdict, reason } = await judgeByEmulator(chain, at, new Set(row.lenient))
    expect(`${verdict} ${reason}`).toMatch(new RegExp(`^${row.emulator} `))
  })
})

describe.skipIf(!hasProgram('openssl'))('OpenSSL', () => {
  judgedBy('openssl', (place, { row, chain }) =>
    judgeByOpenssl(place, chain, row.at ?? ORDINARY_TIME),
  )
})

describe.skipIf(!hasProgram('certtool'))('GnuTLS', () => {
  judgedBy('certtool', (place, { chain }) => judgeByCerttool(place, chain))
})

/** All rows at once, a few processes at a time; then one test for each. */
function judgedBy(judge: OtherJudge, ask: (place: string, made: Made) => Promise<Judgement>): void {
  const judgements = new Map<string, Judgement>()

  beforeAll(async () => {
    const waiting = made.values()
    const work = async (): Promise<void> => {
      for (const one of waiting) {
        judgements.set(one.row.id, await ask(join(folder, one.row.id), one))
      }
    }
    await Promise.all(Array.from({ length: 4 }, work))
  }, 120_000)

  it.each(CHAIN_ROWS)('$id', ({ id, emulator }) => {
    const [same, other] =
      emulator === 'accepted' ? ['accepted', 'refused'] : ['refused', 'accepted']
    const { verdict, reason } = judgements.get(id) ?? { verdict: 'none', reason: '' }
    expect({ verdict, reason }).toEqual({
      verdict: reasonsFor(id, judge).length > 0 ? other : same,
      reason,
    })
  })
}
