/**
 * The one AWS profile that settings may come from, out of both shared files.
 *
 * A drop-in for command lines that name everything must not fail because of an unrelated broken
 * `~/.aws/config`. So a problem is thrown only when the user asked this tool for the profile;
 * otherwise it is handed on, to be a warning, or the error when a setting is then missing.
 *
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files"
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { SystemFacts } from '../machine/home-folder.ts'
import {
  emptySections,
  mergeAwsSections,
  parseAwsConfigFile,
  subProperties,
  type AwsFileKind,
  type AwsProperties,
  type AwsProperty,
  type AwsSections,
} from './aws-config-file.ts'
import { awsFilePath } from './aws-config-location.ts'
import type { ReadAwsFile } from './read-aws-file.ts'
import { rethrow, type Refuse } from './refuse.ts'

/** The profile when nobody names one. */
export const DEFAULT_PROFILE = 'default'

/** Where `endpoint_url` under `rolesanywhere =` in the profile's `[services …]` section is found. */
export const SERVICE_ENDPOINT_KEY = 'services.rolesanywhere.endpoint_url'

export interface AwsProfile {
  readonly name: string
  readonly namedFor: ProfileChoice['namedFor']
  /** Empty for a profile that does not exist. */
  readonly properties: AwsProperties
  /** Where no home folder is known, nor a file named: then none was looked for. */
  readonly isFileUnknown: boolean
  /** Why there may be fewer properties than the user wrote. */
  readonly problem: RolesAnywhereError | undefined
  /** The names of all profiles that have a key which begins like this. */
  readonly profilesWith: (keyPrefix: string) => readonly string[]
}

/** For commands that read none. */
export const NO_PROFILE: AwsProfile = {
  name: DEFAULT_PROFILE,
  namedFor: 'default',
  properties: new Map<string, AwsProperty>(),
  isFileUnknown: false,
  problem: undefined,
  profilesWith: () => [],
}

export interface ProfileChoice {
  readonly name: string
  /**
   * `tool`: named for this tool. `aws`: by AWS_PROFILE, which may be meant for others.
   * `default`: by nobody.
   */
  readonly namedFor: 'tool' | 'aws' | 'default'
}

/**
 * @param refuse - what becomes of a problem with a profile that was named for this tool
 * @throws {RolesAnywhereError} for a profile named for this tool: ERR_CONFIG_PROFILE_MISSING,
 *   ERR_CONFIG_PROFILE_INVALID, and what `readFile` throws.
 */
export function readAwsProfile(
  choice: ProfileChoice,
  system: SystemFacts,
  readFile: ReadAwsFile,
  refuse: Refuse = rethrow,
): AwsProfile {
  const config = readSections('config', system, readFile)
  const credentials = readSections('credentials', system, readFile)
  const sections = mergeAwsSections(config.sections, credentials.sections)
  const properties = sections.profile.get(choice.name)
  const problem =
    config.problem ??
    credentials.problem ??
    (properties === undefined && choice.namedFor !== 'default'
      ? missingProfile(choice.name, sections, system)
      : undefined)
  if (problem !== undefined && choice.namedFor === 'tool') refuse(problem)
  return {
    ...choice,
    properties: withServiceEndpoint(properties ?? new Map<string, AwsProperty>(), sections),
    isFileUnknown: awsFilePath('config', system) === undefined,
    problem,
    profilesWith: (keyPrefix) =>
      [...sections.profile]
        .filter(([, keys]) => [...keys.keys()].some((key) => key.startsWith(keyPrefix)))
        .map(([name]) => name),
  }
}

/** The names of all profiles, as far as the files can be read. */
export function awsProfileNames(system: SystemFacts, readFile: ReadAwsFile): readonly string[] {
  const config = readSections('config', system, readFile)
  const credentials = readSections('credentials', system, readFile)
  return [...mergeAwsSections(config.sections, credentials.sections).profile.keys()]
}

interface SectionsOrProblem {
  readonly sections: AwsSections
  readonly problem?: RolesAnywhereError
}

function readSections(
  kind: AwsFileKind,
  system: SystemFacts,
  readFile: ReadAwsFile,
): SectionsOrProblem {
  const path = awsFilePath(kind, system)
  try {
    const bytes = path === undefined ? undefined : readFile(path)
    if (path === undefined || bytes === undefined) return { sections: emptySections() }
    return { sections: parseAwsConfigFile(decode(bytes, path), kind, path) }
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    return { sections: emptySections(), problem: error }
  }
}

/** UTF-8, with or without a byte order mark. */
function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new RolesAnywhereError('ERR_CONFIG_PROFILE_INVALID', `"${path}" is not UTF-8 text`, {
      hint: 'save it as UTF-8, or name another file',
      cause,
    })
  }
}

function missingProfile(
  name: string,
  sections: AwsSections,
  system: SystemFacts,
): RolesAnywhereError {
  const path = awsFilePath('config', system)
  if (path === undefined) {
    return new RolesAnywhereError(
      'ERR_CONFIG_PROFILE_MISSING',
      `there is no profile "${name}": HOME is not set, so no AWS config file was read`,
      { hint: 'set HOME, or AWS_CONFIG_FILE', detail: { profile: name } },
    )
  }
  const known = [...sections.profile.keys()].slice(0, MOST_NAMES_IN_HINT)
  return new RolesAnywhereError(
    'ERR_CONFIG_PROFILE_MISSING',
    `there is no profile "${name}" in "${path}"`,
    {
      hint:
        known.length === 0
          ? `write a [profile ${name}] section there, or set AWS_CONFIG_FILE`
          : `profiles found: ${known.join(', ')}`,
      detail: { profile: name, path },
    },
  )
}

const MOST_NAMES_IN_HINT = 10

/** Adds the service's own endpoint under a name that no property can have. */
function withServiceEndpoint(properties: AwsProperties, sections: AwsSections): AwsProperties {
  const services = sections.services.get(properties.get('services')?.value ?? '')
  const ours = services?.get('rolesanywhere')
  const endpoint = ours === undefined ? undefined : subProperties(ours).get('endpoint_url')
  return endpoint === undefined
    ? properties
    : new Map([...properties, [SERVICE_ENDPOINT_KEY, endpoint]])
}
