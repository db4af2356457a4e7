/**
 * What a command gets to work with.
 *
 * @module
 */

import type { SettingsInspection } from '../settings/inspect-settings.ts'
import type { CommandName, SESSION } from '../settings/setting-row.ts'
import type { Settings } from '../settings/settings-table.ts'
import type { CliReporter } from './reporter.ts'
import type { Addressed } from './setting-option.ts'
import type { System } from './system.ts'

/** `in out`: that of one command is never that of another, whatever the two have in common. */
export interface Invocation<in out C extends CommandName = CommandName> {
  readonly settings: Settings<C>
  /** The further roles, where `--profile` was given several times. */
  readonly furtherRoles: readonly Pick<Invocation<C>, 'settings' | 'reporter'>[]
  /** A program and its arguments. */
  readonly operands: readonly string[]
  readonly system: System
  /** What the first words of a command line address. */
  readonly commandFor: (words: readonly string[]) => Addressed
  /** Names settings by the places where those of this role were given. */
  readonly reporter: CliReporter
  /** Where settings come from, and what is wrong with them. */
  readonly inspect: () => Promise<SettingsInspection>
}

/** What every command that calls CreateSession has, for the code that they share. */
export interface SessionInvocation extends Pick<Invocation, 'system' | 'reporter'> {
  readonly settings: Settings<(typeof SESSION)[number]> &
    Partial<Pick<Settings<'credential-process'>, 'cache' | 'cacheDir' | 'profile'>>
}
