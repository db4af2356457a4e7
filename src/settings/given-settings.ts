/**
 * Finds who gave each setting: flag before environment before profile, and within a place our name
 * before AWS's.
 *
 * An empty text counts as not given, wherever it stands.
 *
 * @see protocol-facts 4.4 for the names of AWS
 * @module
 */

import { variableOf, type SystemFacts } from '../machine/home-folder.ts'
import { DEFAULT_PROFILE, NO_PROFILE, readAwsProfile, type AwsProfile } from './aws-profile.ts'
import type { ReadAwsFile } from './read-aws-file.ts'
import { canComeFrom, flagOf, profileKeyOf, variableNameOf } from './setting-row.ts'
import type { SettingPlace, SettingRow } from './setting-row.ts'
import { parseSettingValue, type SettingValue } from './setting-value.ts'

/** A setting that somebody gave. */
export interface GivenSetting {
  readonly row: SettingRow
  /** As written. */
  readonly text: string
  readonly place: SettingPlace
  /** `--region`, `AWS_CA_BUNDLE`, `rolesanywhere_region of profile "onprem"` */
  readonly origin: string
  readonly value: SettingValue
}

/** As typed; a switch that stands alone is `true`, a flag that may be repeated a list. */
export type FlagValue = string | readonly string[]

/** By flag without dashes. */
export type Flags = Readonly<Record<string, FlagValue | undefined>>

/**
 * The profile that a command reads. Its name comes from flag or environment alone, so that it is known
 * before any file is read; a command without the setting reads no file.
 *
 * @throws {RolesAnywhereError} as readAwsProfile
 */
export function profileFor(
  rows: readonly SettingRow[],
  flags: Flags,
  system: SystemFacts,
  readFile: ReadAwsFile,
): AwsProfile {
  const row = rows.find(({ name }) => name === 'profile' || name === 'settingsProfile')
  if (row === undefined) return NO_PROFILE
  const found = findSetting(row, { flags, env: system.env, profile: NO_PROFILE })
  const name = found?.text ?? DEFAULT_PROFILE
  const isAwsName = found !== undefined && row.awsEnv?.includes(found.origin) === true
  const namedFor = found === undefined ? 'default' : isAwsName ? 'aws' : 'tool'
  return readAwsProfile({ name, namedFor }, system, readFile)
}

/**
 * In the order of the rows.
 *
 * @throws {RolesAnywhereError} as parseSettingValue
 */
export function givenSettings(
  rows: readonly SettingRow[],
  flags: Flags,
  system: SystemFacts,
  profile: AwsProfile,
): readonly GivenSetting[] {
  const places = { flags, env: system.env, profile }
  const given = (row: SettingRow): GivenSetting | undefined => {
    const found = findSetting(isTurnedOff(row) ? withoutAwsNames(row) : row, places)
    return (
      found && { ...found, row, value: parseSettingValue(row, found.text, found.origin, system) }
    )
  }
  const isTurnedOff = ({ awsNamesUnless }: SettingRow): boolean => {
    const row = rows.find(({ name }) => name === awsNamesUnless)
    return row !== undefined && given(row)?.value === true
  }
  return rows.map(given).filter((setting) => setting !== undefined)
}

interface Places {
  readonly flags: Flags
  readonly env: SystemFacts['env']
  readonly profile: AwsProfile
}

type FoundSetting = Pick<GivenSetting, 'text' | 'place' | 'origin'>

/** The strongest place that gives a setting. */
function findSetting(row: SettingRow, places: Places): FoundSetting | undefined {
  const { flags, env, profile } = places
  if (canComeFrom(row, 'flag')) {
    const origin = flagOf(row)
    const typed = flags[origin.slice(2)] ?? ''
    const text = typeof typed === 'object' ? typed.join('\n') : typed
    if (text !== '') return { text, place: 'flag', origin }
  }
  if (canComeFrom(row, 'environment')) {
    for (const origin of [variableNameOf(row), ...(row.awsEnv ?? [])]) {
      const text = variableOf(env, origin)
      if (text !== undefined) return { text, place: 'environment', origin }
    }
  }
  if (canComeFrom(row, 'profile')) {
    for (const key of [profileKeyOf(row), ...(row.awsProfileKeys ?? [])]) {
      const text = profile.properties.get(key) ?? ''
      const origin = `${key} of profile "${profile.name}"`
      if (text !== '') return { text, place: 'profile', origin }
    }
  }
  return undefined
}

function withoutAwsNames(row: SettingRow): SettingRow {
  return { ...row, awsEnv: [], awsProfileKeys: [] }
}
