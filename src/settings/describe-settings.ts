/**
 * The settings table as text for people: help and documentation.
 *
 * @module
 */

import {
  canComeFrom,
  EVERY,
  EXAMINED,
  flagOf,
  profileKeyOf,
  SETTING_GROUPS,
  variableNameOf,
} from './setting-row.ts'
import type { CommandName, SettingRow } from './setting-row.ts'
import { SETTINGS_TABLE, settingsOf } from './settings-table.ts'

/**
 * The settings that a command takes as flags, group by group in the order of help, and in each group
 * what the command needs first.
 */
export function flagSettingsOf(command: CommandName): readonly SettingRow[] {
  const rank = (row: SettingRow): number =>
    2 * SETTING_GROUPS.indexOf(row.group) + (isRequired(row, command) ? 0 : 1)
  return settingsOf(command)
    .filter((row) => canComeFrom(row, 'flag'))
    .toSorted((one, other) => rank(one) - rank(other))
}

/** What a setting is for, with the values it takes, and whether the command needs it. */
export function describeSetting(row: SettingRow, command: CommandName): string {
  return description(row, isRequired(row, command) ? 'required' : undefined)
}

/** The whole table in Markdown, one row for each setting, for docs/settings.md. */
export function settingsMarkdown(): string {
  const lines = SETTINGS_TABLE.map((row) =>
    [
      `\`${term(row)}\``,
      names(canComeFrom(row, 'environment'), variablesOf(row)),
      names(canComeFrom(row, 'profile'), [profileKeyOf(row), ...(row.awsProfileKeys ?? [])]),
      description(row, row.waitsFor === undefined ? undefined : `waits for ${row.waitsFor}`),
      takersOf(row),
    ].join(' | '),
  )
  return [
    '| flag | environment | profile key | meaning | commands |',
    '| --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n')
}

/** The commands that have to do with sessions are many, and always together. */
function takersOf({ commands }: SettingRow): string {
  if (commands.length === EVERY.length) return 'all'
  const isForSessions = EXAMINED.every((command) => commands.includes(command))
  const others = commands.filter((command) => !EXAMINED.some((one) => one === command))
  return (isForSessions ? ['sessions', ...others] : commands).join(', ')
}

function variablesOf(row: SettingRow): readonly string[] {
  return [variableNameOf(row), ...(row.awsEnv ?? []), ...(row.generalEnv ?? [])]
}

function isRequired(row: SettingRow, command: CommandName): boolean {
  return row.requiredBy?.includes(command) === true
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
