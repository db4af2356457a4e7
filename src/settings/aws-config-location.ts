/**
 * Where the AWS config and credentials files are, and which folder `~` means.
 *
 * @see AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files"
 * @module
 */

import type { AwsFileKind } from './aws-config-file.ts'

/** Environment variables; an empty one counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface SystemFacts {
  readonly env: Environment
  /** As `process.platform`: `win32` has home folders of its own. */
  readonly platform: string
}

/** Undefined when the home folder is needed and not known: then there is no file to read. */
export function awsFilePath(kind: AwsFileKind, system: SystemFacts): string | undefined {
  const { variable, name } = FILES[kind]
  const given = variableOf(system.env, variable)
  if (given !== undefined) return expandHome(given, system)
  const home = homeFolder(system)
  return home === undefined ? undefined : [home, '.aws', name].join(separator(system))
}

/** `~` and `~/…` as a path in the home folder; other text, and `~` without a home, as it is. */
export function expandHome(path: string, system: SystemFacts): string {
  const isInHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${separator(system)}`)
  const home = homeFolder(system)
  return isInHome && home !== undefined ? home + path.slice(1) : path
}

/** A variable's value, when it has one. */
export function variableOf(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === '' ? undefined : value
}

const FILES = {
  config: { variable: 'AWS_CONFIG_FILE', name: 'config' },
  credentials: { variable: 'AWS_SHARED_CREDENTIALS_FILE', name: 'credentials' },
} as const

function homeFolder({ env, platform }: SystemFacts): string | undefined {
  const home = variableOf(env, 'HOME')
  if (home !== undefined || platform !== 'win32') return home
  const drive = variableOf(env, 'HOMEDRIVE')
  const path = variableOf(env, 'HOMEPATH')
  const combined = drive === undefined || path === undefined ? undefined : drive + path
  return variableOf(env, 'USERPROFILE') ?? combined
}

function separator({ platform }: SystemFacts): string {
  return platform === 'win32' ? '\\' : '/'
}
