/**
 * What a command gets to work with.
 *
 * @module
 */

import type { CommandName } from '../settings/setting-row.ts'
import type { Settings } from '../settings/settings-table.ts'
import type { CliReporter } from './reporter.ts'
import type { System } from './system.ts'

export interface Invocation<C extends CommandName = CommandName> {
  readonly settings: Settings<C>
  /** Settings of the further roles, where `--profile` was given several times. */
  readonly furtherSettings: readonly Settings<C>[]
  /** A program and its arguments. */
  readonly operands: readonly string[]
  readonly system: System
  readonly reporter: CliReporter
}

/** What every command that calls CreateSession has, for the code that they share. */
export type SessionInvocation = Pick<
  Invocation<'credential-process'>,
  'settings' | 'system' | 'reporter'
>
