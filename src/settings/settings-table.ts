/**
 * Every setting, one row each: the only source of flags, help, documentation, environment names and
 * AWS profile keys.
 *
 * Flags, and which of them exclude each other, are those of `aws_signing_helper` 1.8 for its commands,
 * and our additions. The order is the order in help.
 *
 * @module
 */

import type { CommandName, SettingRow, SettingTypes } from './setting-row.ts'
import { COMMAND_SETTINGS } from './table/command-settings.ts'
import { GENERAL_SETTINGS } from './table/general-settings.ts'
import { IDENTITY_SETTINGS } from './table/identity-settings.ts'
import { SESSION_SETTINGS } from './table/session-settings.ts'
import { SETUP_SETTINGS } from './table/setup-settings.ts'

const TABLE = [
  ...IDENTITY_SETTINGS,
  ...SESSION_SETTINGS,
  ...SETUP_SETTINGS,
  ...COMMAND_SETTINGS,
  ...GENERAL_SETTINGS,
] as const

/** Every setting, in the order of help. */
export const SETTINGS_TABLE: readonly SettingRow[] = TABLE

/** The settings of one command. */
export function settingsOf(command: CommandName): readonly SettingRow[] {
  return SETTINGS_TABLE.filter((row) => row.commands.includes(command))
}

type Row = (typeof TABLE)[number]

type ValueOf<R extends Row> = R extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : SettingTypes[R['type']]

/** The rows of a command; of several, those that all of them have. */
type RowOf<C extends CommandName, R extends Row = Row> = R extends {
  readonly commands: readonly (infer Taker)[]
}
  ? [C] extends [Taker]
    ? R
    : never
  : never

/** Rows that have a value in any case: by default, or because the command cannot do without. */
type CertainRow<C extends CommandName, R extends Row = RowOf<C>> = R extends
  { readonly type: 'boolean' } | { readonly default: string }
  ? R
  : R extends { readonly requiredBy: readonly (infer Requirer)[] }
    ? [C] extends [Requirer]
      ? R
      : never
    : never

/** What a command works with: its names of the table, checked values. Of several: what they share. */
export type Settings<C extends CommandName> = {
  readonly [R in CertainRow<C> as R['name']]: ValueOf<R>
} & {
  readonly [R in Exclude<RowOf<C>, CertainRow<C>> as R['name']]?: ValueOf<R>
}
