/**
 * The settings table as text for people: help and documentation.
 *
 * @module
 */

import { canComeFrom, flagOf, profileKeyOf, variableNameOf } from './setting-row.ts'
import type { CommandName, SettingRow } from './setting-row.ts'
import { SETTINGS_TABLE, settingsOf } from './settings-table.ts'

export interface HelpRow {
  /** `--region REGION` */
  readonly term: string
  readonly description: string
}

/** The flags of a command for its help: what the command needs first, what waits left out. */
export function helpRows(command: CommandName): readonly HelpRow[] {
  const rows = settingsOf(command).filter(
    (row) => canComeFrom(row, 'flag') && row.waitsFor === undefined,
  )
  const isRequired = (row: SettingRow) => row.requiredBy?.includes(command) === true
  return [...rows.filter(isRequired), ...rows.filter((row) => !isRequired(row))].map((row) => ({
    term: term(row),
    description: description(row, isRequired(row) ? 'required' : undefined),
  }))
}

/** The whole table in Markdown, one row for each setting, for docs/settings.md. */
export function settingsMarkdown(): string {
  const lines = SETTINGS_TABLE.map((row) =>
    [
      `\`${term(row)}\``,
      names(canComeFrom(row, 'environment'), [variableNameOf(row), ...(row.awsEnv ?? [])]),
      names(canComeFrom(row, 'profile'), [profileKeyOf(row), ...(row.awsProfileKeys ?? [])]),
      description(row, row.waitsFor === undefined ? undefined : `waits for ${row.waitsFor}`),
      row.commands.length > 5 ? 'all' : row.commands.join(', '),
    ].join(' | '),
  )
  return [
    '| flag | environment | profile key | meaning | commands |',
    '| --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n')
}

function term(row: SettingRow): string {
  return row.valueName === undefined ? flagOf(row) : `${flagOf(row)} ${row.valueName}`
}

function description(row: SettingRow, note: string | undefined): string {
  const facts = [
    row.choices?.join(', '),
    row.range?.join(' to '),
    row.default === undefined ? undefined : `default ${row.default}`,
    note,
  ].filter((fact) => fact !== undefined)
  return facts.length === 0 ? row.help : `${row.help} (${facts.join('; ')})`
}

function names(isPossible: boolean, all: readonly string[]): string {
  return isPossible ? all.map((name) => `\`${name}\``).join(', ') : ''
}
