/**
 * What settings must satisfy together, and what must be said about them.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { DEFAULT_PROFILE, type AwsProfile } from './aws-profile.ts'
import type { GivenSetting } from './given-settings.ts'
import { describeOrigin } from './origin.ts'
import { PROFILE_KEY_PREFIX, flagOf, profileKeyOf, variableNameOf } from './setting-row.ts'
import {
  canComeFrom,
  isProfileRow,
  type CommandName,
  type SettingPlace,
  type SettingRow,
  type SettingWarning,
} from './setting-row.ts'
import { SETTINGS_TABLE } from './settings-table.ts'

/** A setting that asks for nothing: `--reuse-pin=false`. */
function isOff({ value }: GivenSetting): boolean {
  return value === false
}

/**
 * Refuses by name what later versions bring, rather than doing something else in its place.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_NOT_SUPPORTED
 */
export function checkSupported(given: readonly GivenSetting[]): void {
  for (const setting of given) {
    const { row } = setting
    if (row.waitsFor === undefined || isOff(setting)) continue
    const origin = describeOrigin(setting.origin)
    throw new RolesAnywhereError('ERR_USAGE_NOT_SUPPORTED', `${origin} is not supported yet`, {
      hint: `it waits for ${row.waitsFor}; use --certificate and --private-key`,
      detail: { origin, waitsFor: row.waitsFor },
    })
  }
}

/** @throws {RolesAnywhereError} ERR_USAGE_CONFLICT, naming both and where they come from. */
export function checkConflicts(given: readonly GivenSetting[]): void {
  const effective = given.filter((setting) => !isOff(setting))
  for (const one of effective) {
    const other = effective.find(({ row }) => one.row.conflicts?.includes(row.name))
    if (other === undefined) continue
    const isSwitch = [one, other].some(({ value }) => value === true)
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      `${describeOrigin(one.origin)} and ${describeOrigin(other.origin)} exclude each other`,
      {
        hint: `give only one of them${isSwitch ? '; a switch is turned off with =false' : ''}`,
        detail: { settings: [one.row.name, other.row.name] },
      },
    )
  }
}

/**
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING, naming all that are missing and the ways to
 *   give them, after misspelled keys of the profile; the profile's own problem when that may be why.
 */
export function checkRequired(
  command: CommandName,
  rows: readonly SettingRow[],
  given: readonly GivenSetting[],
  profile: AwsProfile,
): void {
  const missing = rows.filter(
    (row) => row.requiredBy?.includes(command) === true && !given.some((one) => one.row === row),
  )
  if (missing.length === 0) return
  if (given.some((one) => one.row.standsAlone === true && !isOff(one))) return
  if (profile.problem !== undefined) throw profile.problem
  const flags = missing.map(flagOf).join(', ')
  throw new RolesAnywhereError('ERR_USAGE_MISSING_SETTING', `${command} needs ${flags}`, {
    hint: [
      ...unknownKeys(profile),
      ...(profile.isFileUnknown ? ['HOME is not set, so no AWS config file was read'] : []),
      adviceOnCommand(missing, profile) ??
        profileAdvice(rows, given, profile) ??
        waysToGive(missing, profile),
    ].join('; '),
    detail: { settings: missing.map(({ name }) => name) },
  })
}

/** Flags inside `credential_process` are read by nobody but the SDKs that run it. */
function adviceOnCommand(missing: readonly SettingRow[], profile: AwsProfile): string | undefined {
  const command = profile.properties.get('credential_process')?.value.split(/[\s=]+/u) ?? []
  return missing.some((row) => command.includes(flagOf(row)))
    ? `credential_process of [${sectionName(profile)}] has them as flags, which no other command reads: move them to ${PROFILE_KEY_PREFIX}* keys of that profile`
    : undefined
}

/** What those mean who have settings in a profile and do not say in which. */
function profileAdvice(
  rows: readonly SettingRow[],
  given: readonly GivenSetting[],
  { name, namedFor, profilesWith }: AwsProfile,
): string | undefined {
  const row = rows.find(isProfileRow)
  if (row === undefined || namedFor !== 'default') return undefined
  const candidates = profilesWith(PROFILE_KEY_PREFIX).filter((candidate) => candidate !== name)
  // `update --profile onprem` says where to write, and most mean the same profile.
  const target = given.find((one) => one.row.name === 'targetProfile')
  const meant = candidates.find((candidate) => candidate === target?.text)
  const proposed = meant === undefined ? candidates : [meant]
  if (proposed.length === 0) return undefined
  const add = `add ${flagOf(row)} ${proposed.slice(0, MOST_PROFILES_IN_HINT).join(' or ')}`
  return target === undefined ? add : `${flagOf(target.row)} is where to write; ${add}`
}

const MOST_PROFILES_IN_HINT = 5

function waysToGive(missing: readonly SettingRow[], profile: AwsProfile): string {
  const list = (place: SettingPlace, nameOf: (row: SettingRow) => string): string =>
    missing
      .filter((row) => canComeFrom(row, place))
      .map(nameOf)
      .join(', ')
  const variables = list('environment', variableNameOf)
  const keys = list('profile', profileKeyOf)
  return [
    'give each as that flag',
    ...(variables === '' ? [] : [`in the environment (${variables})`]),
    ...(keys === '' ? [] : [`or under [${sectionName(profile)}] in the AWS config file (${keys})`]),
  ].join(', ')
}

function sectionName({ name }: AwsProfile): string {
  return name === DEFAULT_PROFILE ? name : `profile ${name}`
}

/** What to tell the user about settings that are in effect, or that are not though they were written. */
export function warningsAbout(
  given: readonly GivenSetting[],
  profile: AwsProfile,
): readonly SettingWarning[] {
  const ofKeys = unknownKeys(profile).map((message) => ({ message }))
  return [...problemOf(profile), ...ofKeys, ...warningsOfRows(given)]
}

/** What is said whenever a setting is used at all. */
export function warningsOfRows(given: readonly GivenSetting[]): readonly SettingWarning[] {
  return given
    .filter((setting) => !isOff(setting))
    .flatMap(({ row }) => (row.warning === undefined ? [] : [row.warning]))
}

function problemOf({ problem }: AwsProfile): SettingWarning[] {
  if (problem === undefined) return []
  const { message, hint } = problem
  return [
    {
      message: `settings of the AWS profile are not in effect: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    },
  ]
}

/** A misspelled key would otherwise be a setting that is silently not in effect. */
export function unknownKeys({ name, properties }: AwsProfile): string[] {
  const ours = [...properties.keys()].filter((key) => key.startsWith(PROFILE_KEY_PREFIX))
  if (ours.length === 0) return []
  const known = SETTINGS_TABLE.filter((row) => canComeFrom(row, 'profile')).map(profileKeyOf)
  return ours
    .filter((key) => !known.includes(key))
    .map((key) => `profile "${name}" has ${quoted(key)}, which is no setting`)
}
