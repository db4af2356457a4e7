/**
 * All that can be told about where settings come from, for those who look for a mistake: what was given
 * where, what it keeps from counting, what could not be read, and what the two AWS files hold.
 *
 * Loaded on use: no other command needs it.
 *
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { shortenHome, type SystemFacts } from '../machine/home-folder.ts'
import { classifyConfigLine } from './aws-config-lines.ts'
import { awsFilePath } from './aws-config-location.ts'
import type { AwsProfile } from './aws-profile.ts'
import { checkRequired, unknownKeys, warningsOfRows } from './check-settings.ts'
import { passedOver, type Flags, type GivenSetting } from './given-settings.ts'
import { describeOrigin, type Origin } from './origin.ts'
import type { ReadAwsFile } from './read-aws-file.ts'
import { unlessRefused } from './refuse.ts'
import { isProfileRow, type SettingRow, type SettingWarning } from './setting-row.ts'
import { showSettingValue } from './setting-value.ts'

export interface SettingsInspection {
  readonly given: readonly InspectedSetting[]
  /** What was refused: values, pairs that exclude each other, the profile, and what is missing. */
  readonly problems: readonly RolesAnywhereError[]
  /** Said on every run with these settings. */
  readonly warnings: readonly SettingWarning[]
  /** Keys of the profile that look like ours and are none. */
  readonly unknownKeys: readonly string[]
  readonly profile: AwsProfile
  readonly files: Readonly<Record<'config' | 'credentials', InspectedFile>>
}

export interface InspectedSetting {
  readonly name: string
  readonly origin: Origin
  /** `--region`, `rolesanywhere_region in [profile onprem] of ~/.aws/config, line 7` */
  readonly from: string
  /** The value, or what may be shown of it. */
  readonly shown: string
  /** Of a profile, where it depends on where the program runs. */
  readonly isRelativePath: boolean
  /** Other places with other values, which do not count, strongest first. */
  readonly shadowed: readonly { readonly from: string; readonly shown: string }[]
  /** Given under a name of AWS's, which other programs read too. */
  readonly isOfAws: boolean
}

export interface InspectedFile {
  /** Undefined where neither a home folder nor a variable says which it is. */
  readonly path: string | undefined
  /** For people: the home folder as `~`. */
  readonly shown: string
  /** Titles of its sections, as written between the brackets. Empty where the file cannot be read. */
  readonly titles: readonly string[]
}

export interface SettingsFacts extends SystemFacts {
  readonly rows: readonly SettingRow[]
  readonly flags: Flags
  readonly profile: AwsProfile
  readonly given: readonly GivenSetting[]
  readonly problems: readonly RolesAnywhereError[]
  readonly readFile: ReadAwsFile
}

export function inspectSettings(facts: SettingsFacts): SettingsInspection {
  const { given, profile } = facts
  return {
    given: given.map((one) => inspectSetting(one, facts)),
    problems: [...withoutRepeats(facts.problems), ...missing(facts)],
    warnings: warningsOfRows(given),
    unknownKeys: unknownKeys(profile),
    profile,
    files: { config: inspectFile('config', facts), credentials: inspectFile('credentials', facts) },
  }
}

function inspectSetting(
  { row, text, origin, isRelativePath }: GivenSetting,
  { flags, env, platform, profile }: SettingsFacts,
): InspectedSetting {
  const others = isProfileRow(row) ? [] : passedOver(row, flags, { env, platform }, profile)
  const ofAws = [...(row.awsEnv ?? []), ...(row.generalEnv ?? []), ...(row.awsProfileKeys ?? [])]
  return {
    name: row.name,
    origin,
    from: describeOrigin(origin),
    shown: showSettingValue(row, text),
    isRelativePath,
    shadowed: others
      .filter((other) => other.text !== text)
      .map((other) => ({
        from: describeOrigin(other.origin),
        shown: showSettingValue(row, other.text),
      })),
    isOfAws: ofAws.includes(origin.name),
  }
}

/** A switch that others depend on is read once for each of them. */
function withoutRepeats(problems: readonly RolesAnywhereError[]): readonly RolesAnywhereError[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()]
}

/** What a session needs and nobody gave; what was given and refused is told by its own problem. */
function missing({ rows, given, profile, problems }: SettingsFacts): readonly RolesAnywhereError[] {
  const refused = problems.map(({ detail }) => detail['setting'])
  const wanted = rows.filter(({ name }) => !refused.includes(name))
  const found: RolesAnywhereError[] = []
  unlessRefused(
    (error) => found.push(error),
    () => {
      checkRequired('credential-process', wanted, given, { ...profile, problem: undefined })
    },
  )
  return found
}

function inspectFile(kind: 'config' | 'credentials', facts: SettingsFacts): InspectedFile {
  const path = awsFilePath(kind, facts)
  const text = path === undefined ? undefined : textOf(path, facts.readFile)
  return {
    path,
    shown: path === undefined ? '' : shortenHome(path, facts),
    titles: (text ?? '').split('\n').flatMap((line) => {
      const classified = classifyConfigLine(line)
      return classified.kind === 'section' ? (classified.title ?? []) : []
    }),
  }
}

/** A file that cannot be read is told by the profile's problem. */
function textOf(path: string, readFile: ReadAwsFile): string | undefined {
  const bytes = unlessRefused(
    () => undefined,
    () => readFile(path),
  )
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}
