/**
 * Which folder `~` means. Environment and platform are arguments, as everywhere below the entries.
 *
 * @module
 */

/** Environment variables; an empty one counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface SystemFacts {
  readonly env: Environment
  /** As `process.platform`: `win32` has home folders of its own. */
  readonly platform: string
  /** Where the program runs. Without it relative paths stay as they are. */
  readonly currentFolder?: () => string
}

/** `~` and `~/…` as a path in the home folder; other text, and `~` without a home, as it is. */
export function expandHome(path: string, system: SystemFacts): string {
  const isInHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${separator(system)}`)
  const home = homeFolder(system)
  return isInHome && home !== undefined ? home + path.slice(1) : path
}

/** A path in the home folder as `~/…`, for people; other text as it is. */
export function shortenHome(path: string, system: SystemFacts): string {
  const home = homeFolder(system)
  const isInHome = home !== undefined && path.startsWith(`${home}${separator(system)}`)
  return isInHome ? `~${path.slice(home.length)}` : path
}

/** Undefined where nothing says which it is. */
export function homeFolder({ env, platform }: SystemFacts): string | undefined {
  const home = variableOf(env, 'HOME')
  if (home !== undefined || platform !== 'win32') return home
  const drive = variableOf(env, 'HOMEDRIVE')
  const path = variableOf(env, 'HOMEPATH')
  const combined = drive === undefined || path === undefined ? undefined : drive + path
  return variableOf(env, 'USERPROFILE') ?? combined
}

/** Between the names in a path. */
export function separator({ platform }: Pick<SystemFacts, 'platform'>): string {
  return platform === 'win32' ? '\\' : '/'
}

/** A variable's value, when it has one. */
export function variableOf(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === '' ? undefined : value
}
