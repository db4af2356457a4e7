/**
 * Finds who gave each setting: flag before environment before profile, and within a place our name
 * before AWS's. Variables that AWS means for every service come after the profile's key for this one.
 *
 * An empty text counts as not given, wherever it stands.
 *
 * @see protocol-facts 4.4 for the names of AWS
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { shortenHome, variableOf, type SystemFacts } from '../machine/home-folder.ts'
import {
  DEFAULT_PROFILE,
  NO_PROFILE,
  readAwsProfile,
  SERVICE_ENDPOINT_KEY,
  type AwsProfile,
} from './aws-profile.ts'
import { describeOrigin, type Origin } from './origin.ts'
import type { ReadAwsFile } from './read-aws-file.ts'
import { rethrow, unlessRefused, type Refuse } from './refuse.ts'
import { canComeFrom, flagOf, isProfileRow, profileKeyOf, variableNameOf } from './setting-row.ts'
import type { SettingRow } from './setting-row.ts'
import { parseSettingValue, type SettingValue } from './setting-value.ts'

/** A setting that somebody gave. */
export interface GivenSetting {
  readonly row: SettingRow
  /** As written. */
  readonly text: string
  readonly origin: Origin
  readonly value: SettingValue
  /** Of a profile, where it is relative to wherever the program runs. */
  readonly isRelativePath: boolean
}

/** As typed; a switch that stands alone is `true`, a flag that may be repeated a list. */
export type FlagValue = string | readonly string[]

/** By flag without dashes. */
export type Flags = Readonly<Record<string, FlagValue | undefined>>

/**
 * The profile that a command reads. Its name comes from flag or environment alone, so that it is known
 * before any file is read; a command without the setting reads no file.
 *
 * @param refuse - what becomes of a problem with the profile
 * @throws {RolesAnywhereError} as readAwsProfile
 */
export function profileFor(
  rows: readonly SettingRow[],
  flags: Flags,
  system: SystemFacts,
  readFile: ReadAwsFile,
  refuse: Refuse = rethrow,
): AwsProfile {
  const row = rows.find(isProfileRow)
  if (row === undefined) return NO_PROFILE
  const found = findSetting(row, { flags, system, profile: NO_PROFILE })
  const name = found?.text ?? DEFAULT_PROFILE
  const isAwsName = found !== undefined && row.awsEnv?.includes(found.origin.name) === true
  const namedFor = found === undefined ? 'default' : isAwsName ? 'aws' : 'tool'
  return readAwsProfile({ name, namedFor }, system, readFile, refuse)
}

/**
 * In the order of the rows.
 *
 * @param refuse - what becomes of a value that cannot be had; where it returns, that setting is left out
 * @throws {RolesAnywhereError} as parseSettingValue
 */
export function givenSettings(
  rows: readonly SettingRow[],
  flags: Flags,
  system: SystemFacts,
  profile: AwsProfile,
  refuse: Refuse = rethrow,
): readonly GivenSetting[] {
  const places = { flags, system, profile }
  const given = (row: SettingRow): GivenSetting | undefined => {
    const found = findSetting(isTurnedOff(row) ? withoutAwsNames(row) : row, places)
    return found && unlessRefused(refuse, () => readSetting(row, found, system))
  }
  const isTurnedOff = ({ awsNamesUnless }: SettingRow): boolean => {
    const row = rows.find(({ name }) => name === awsNamesUnless)
    return row !== undefined && given(row)?.value === true
  }
  return rows.map(given).filter((setting) => setting !== undefined)
}

/** Where else a setting was given, to no effect: all but the strongest place, strongest first. */
export function passedOver(
  row: SettingRow,
  flags: Flags,
  system: SystemFacts,
  profile: AwsProfile,
): readonly FoundSetting[] {
  const all = [...placesOf(row, { flags, system, profile })]
  return all.filter(({ text }) => text !== '').slice(1)
}

function readSetting(row: SettingRow, found: FoundSetting, facts: SystemFacts): GivenSetting {
  const { env, platform, currentFolder } = facts
  const origin = describeOrigin(found.origin)
  let isRelativePath = false
  const isOfProfile = found.origin.place === 'profile'
  if (isOfProfile) refuseQuotes(row, found.text, origin)
  const system: SystemFacts =
    isOfProfile && currentFolder !== undefined
      ? {
          env,
          platform,
          currentFolder() {
            isRelativePath = true
            return currentFolder()
          },
        }
      : { env, platform }
  const value = parseSettingValue(row, found.text, origin, system)
  return { ...found, row, value, isRelativePath }
}

/** The AWS config file knows no quotes: SDKs take them for a part of the value. */
function refuseQuotes(row: SettingRow, text: string, origin: string): void {
  if (row.type === 'shell-command' || !/^(["'])[^"']*\1$/u.test(text)) return
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `${origin}: the value is in quotes`, {
    hint: 'values in the AWS config file take no quotes: leave them out, blanks may stay',
    detail: { setting: row.name, origin },
  })
}

interface Places {
  readonly flags: Flags
  readonly system: SystemFacts
  readonly profile: AwsProfile
}

/** What was found in one place. */
export type FoundSetting = Pick<GivenSetting, 'text' | 'origin'>

/** The strongest place that gives a setting. */
function findSetting(row: SettingRow, places: Places): FoundSetting | undefined {
  for (const found of placesOf(row, places)) if (found.text !== '') return found
  return undefined
}

/** Every place that can give a setting, strongest first; the text is empty where none is. */
function* placesOf(row: SettingRow, places: Places): Generator<FoundSetting> {
  if (canComeFrom(row, 'flag')) {
    const name = flagOf(row)
    const typed = places.flags[name.slice(2)] ?? ''
    const text = typeof typed === 'object' ? typed.join('\n') : typed
    yield { text, origin: { place: 'flag', name } }
  }
  const takesVariables = canComeFrom(row, 'environment')
  const takesKeys = canComeFrom(row, 'profile')
  if (takesVariables) yield* inVariables([variableNameOf(row), ...(row.awsEnv ?? [])], places)
  if (takesKeys) yield* inProfile([profileKeyOf(row)], places)
  if (takesVariables) yield* inVariables(row.generalEnv ?? [], places)
  if (takesKeys) yield* inProfile(row.awsProfileKeys ?? [], places)
}

function* inVariables(names: readonly string[], { system }: Places): Generator<FoundSetting> {
  for (const name of names) {
    yield { text: variableOf(system.env, name) ?? '', origin: { place: 'environment', name } }
  }
}

function* inProfile(keys: readonly string[], places: Places): Generator<FoundSetting> {
  for (const key of keys) {
    const property = places.profile.properties.get(key)
    if (property === undefined) continue
    const { value: text, lines, section } = property
    yield {
      text,
      origin: {
        place: 'profile',
        name: key === SERVICE_ENDPOINT_KEY ? 'endpoint_url of rolesanywhere' : key,
        section: section.title,
        path: shortenHome(section.path, places.system),
        line: lines[0] ?? 0,
      },
    }
  }
}

function withoutAwsNames(row: SettingRow): SettingRow {
  return { ...row, awsEnv: [], generalEnv: [], awsProfileKeys: [] }
}
