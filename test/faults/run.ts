/**
 * `npm run test:faults`: every fault and load of reliability.md 6, and some of our own, each with its
 * figure beside its target. Arguments choose rows: `L1 F2`. A row that takes an hour runs only so.
 *
 * These are measurements of a real program on a machine that may be busy, so they are no part of
 * `npm test`. What is missing on this machine is said, and counts as a failure only in CI.
 *
 * @module
 */

import { CLOCK_ROWS } from './clock-rows.ts'
import { COMMAND_ROWS } from './command-rows.ts'
import { DAY_ROW } from './day-row.ts'
import { DISK_ROWS } from './disk-rows.ts'
import { KEY_ROWS } from './key-rows.ts'
import { LOAD_ROWS } from './load-rows.ts'
import { SOAK_ROW } from './soak-row.ts'
import { UPSTREAM_ROWS } from './upstream-rows.ts'

const ROWS = [
  ...LOAD_ROWS,
  SOAK_ROW,
  DAY_ROW,
  ...COMMAND_ROWS,
  ...DISK_ROWS,
  ...KEY_ROWS,
  ...CLOCK_ROWS,
  ...UPSTREAM_ROWS,
]

const wanted = process.argv.slice(2)
const rows = ROWS.filter(
  ({ id, isOnlyByName }) =>
    wanted.includes(id) || (wanted.length === 0 && isOnlyByName === undefined),
)
const missed: string[] = []
let skipped = 0
for (const row of rows) {
  console.log(`${row.id.padEnd(4)} ${row.what}`)
  console.log(`     target  ${row.target}`)
  if (row.needs !== undefined) {
    skipped += 1
    console.log(`     SKIPPED needs ${row.needs}`)
    continue
  }
  try {
    const { figure, held } = await row.run()
    console.log(`     ${held ? 'held  ' : 'MISSED'}  ${figure}`)
    if (!held) missed.push(row.id)
  } catch (error) {
    console.log(`     FAILED  ${error instanceof Error ? (error.stack ?? '') : String(error)}`)
    missed.push(row.id)
  }
}
const held = rows.length - missed.length - skipped
console.log(`\n${held} passed, ${missed.length} failed, ${skipped} skipped`)
if (missed.length > 0) console.log(`missed: ${missed.join(' ')}`)
process.exitCode = missed.length > 0 ? 1 : 0
