/**
 * Flags, environment and AWS profile become one checked value: flag before environment before profile
 * before default, for every setting by the same rules.
 *
 * Parsing argv, and opening the files and secrets that settings name, are left to others.
 *
 * @see design.md 4, "Settings"
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import type { NameOf } from '../core/wording.ts'
import type { SystemFacts } from '../machine/home-folder.ts'
import { adviceOn } from './advice.ts'
import { checkConflicts, checkRequired, checkSupported, warningsAbout } from './check-settings.ts'
import { givenSettings, profileFor, type Flags } from './given-settings.ts'
import type { SettingsInspection } from './inspect-settings.ts'
import type { ReadAwsFile } from './read-aws-file.ts'
import { rethrow, unlessRefused, type Refuse } from './refuse.ts'
import { namesOf } from './name-setting.ts'
import { describeOrigin } from './origin.ts'
import type { CommandName, SettingRow, SettingWarning } from './setting-row.ts'
import { parseSettingValue, showSettingValue, type SettingValue } from './setting-value.ts'
import { settingsOf, type Settings } from './settings-table.ts'

export interface SettingsInput<C extends CommandName> extends SystemFacts {
  readonly command: C
  readonly flags: Flags
  readonly readFile: ReadAwsFile
  /** Go on without what is wrong, and tell it by `inspect`. Default false: it is thrown. */
  readonly isTolerant?: boolean | undefined
}

export interface ResolvedSettings<C extends CommandName> {
  /** Of the command, and those that every command has. */
  readonly settings: Settings<C> & Settings<CommandName>
  /** One for each setting that was given, in the order of the table; fit to be shown. */
  readonly sources: readonly SettingSource[]
  readonly warnings: readonly SettingWarning[]
  /** Names settings by the places where they were given. */
  readonly nameOf: NameOf
  /** A further hint for a failure that has to do with where a setting was given. */
  readonly adviceOn: (error: RolesAnywhereError) => string | undefined
  /** All that can be told about where settings come from, for those who look for a mistake. */
  readonly inspect: () => Promise<SettingsInspection>
}

export interface SettingSource {
  readonly name: string
  /** `--region`, `AWS_CA_BUNDLE`, `rolesanywhere_region in [profile onprem] of ~/.aws/config, line 7` */
  readonly origin: string
  /** The value, or what may be shown of it. */
  readonly shown: string
}

/**
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, ERR_USAGE_CONFLICT,
 *   ERR_USAGE_NOT_SUPPORTED, ERR_USAGE_MISSING_SETTING, ERR_CONFIG_ARN_INVALID,
 *   ERR_CONFIG_ENDPOINT_INVALID, ERR_CONFIG_PROFILE_MISSING, ERR_CONFIG_PROFILE_INVALID, and those of
 *   `readFile`
 */
export function resolveSettings<C extends CommandName>(
  input: SettingsInput<C>,
): ResolvedSettings<C> {
  const rows = settingsOf(input.command)
  const problems: RolesAnywhereError[] = []
  const refuse: Refuse = input.isTolerant === true ? (error) => problems.push(error) : rethrow
  const profile = profileFor(rows, input.flags, input, input.readFile, refuse)
  const given = givenSettings(rows, input.flags, input, profile, refuse)
  for (const check of [checkSupported, checkConflicts]) {
    unlessRefused(refuse, () => {
      check(given)
    })
  }
  checkRequired(input.command, rows, given, profile)
  const values = Object.fromEntries(given.map(({ row, value }) => [row.name, value]))
  return {
    // The type follows from the table, as the names and values here do.
    settings: { ...defaults(rows, input), ...values } as unknown as ResolvedSettings<C>['settings'],
    // Only --debug looks at them.
    get sources() {
      return given.map(({ row, text, origin }) => ({
        name: row.name,
        origin: describeOrigin(origin),
        shown: showSettingValue(row, text),
      }))
    },
    warnings: warningsAbout(given, profile),
    nameOf: namesOf(new Map(given.map(({ row, origin }) => [row.name, origin]))),
    adviceOn: (error) => adviceOn(error, given),
    async inspect() {
      const { inspectSettings } = await import('./inspect-settings.ts')
      return inspectSettings({ ...input, rows, profile, given, problems })
    },
  }
}

function defaults(rows: readonly SettingRow[], system: SystemFacts): Record<string, SettingValue> {
  return Object.fromEntries(
    rows
      .map((row) => ({ row, text: defaultOf(row) }))
      .filter(({ text }) => text !== '')
      .map(({ row, text }) => [row.name, parseSettingValue(row, text, row.name, system)]),
  )
}

function defaultOf(row: SettingRow): string {
  return row.default ?? (row.type === 'boolean' ? 'false' : '')
}
