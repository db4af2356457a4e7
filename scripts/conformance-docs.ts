/**
 * The generated parts of docs/conformance.md and docs/emulator.md: the verdict table, the reports on
 * clients, the rules of path validation.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportTables, type ClientReport } from '../src/emulator/check-client/client-report.ts'
import { RULES } from '../src/emulator/pkix/rules.ts'
import { CHAIN_ROWS, CHAIN_TABLE } from '../test/conformance/chain-table.ts'
import { DIFFERENCES, reasonsFor, type OtherJudge } from '../test/conformance/differences.ts'
import type { ChainRow } from '../test/conformance/row.ts'

const REPORTS = join(import.meta.dirname, '../fixtures/client-reports')

/** Every chain with its three verdicts, and the reasons where they differ. */
export function verdictTables(): string {
  const agreed = CHAIN_ROWS.filter((row) => reasonsOf(row).length === 0).length
  const tables = Object.entries(CHAIN_TABLE).map(
    ([title, rows]) => `### ${title}

| chain | rule | emulator | OpenSSL | GnuTLS | why |
| --- | --- | --- | --- | --- | --- |
${rows.map(verdictLine).join('\n')}
`,
  )
  const reasons = DIFFERENCES.map(({ why }, index) => `${index + 1}. ${why}`)
  return `${CHAIN_ROWS.length} chains: on ${agreed} all three agree, on ${CHAIN_ROWS.length - agreed} the difference is explained below by its number.

${tables.join('\n')}
### Why they differ

${reasons.join('\n')}
`
}

/** What each client that was looked at sent and did. */
export function clientReports(): string {
  return ['rolesanywhere.json', 'aws_signing_helper.json']
    .map((file) => JSON.parse(readFileSync(join(REPORTS, file), 'utf8')) as ClientReport)
    .map((report) => `### \`${report.client}\`\n\n${reportTables(report)}`)
    .join('\n')
}

/** The rules that `--lenient` can switch off. */
export function rulesTable(): string {
  const rows = Object.entries(RULES).map(
    ([name, { refused, source, service }]) =>
      `| \`${name}\` | ${refused} | ${source} | ${service} |`,
  )
  return `| rule | refused is | source | at the service |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function verdictLine(row: ChainRow): string {
  const refusal = row.emulator === 'accepted' ? 'accepted' : `refused: ${row.emulator}`
  const cells = [
    row.what,
    /^\d/.test(row.rule) ? `RFC 5280, ${row.rule}` : row.rule,
    refusal,
    verdictOf(row, 'openssl'),
    verdictOf(row, 'certtool'),
    reasonsOf(row).join(', '),
  ]
  return `| ${cells.join(' | ')} |`
}

function verdictOf(row: ChainRow, judge: OtherJudge): string {
  const differs = reasonsFor(row.id, judge).length > 0
  return (row.emulator === 'accepted') === differs ? 'refused' : 'accepted'
}

function reasonsOf({ id }: ChainRow): readonly number[] {
  const all = [...reasonsFor(id, 'openssl'), ...reasonsFor(id, 'certtool')]
  return [...new Set(all)].sort((one, other) => one - other)
}
