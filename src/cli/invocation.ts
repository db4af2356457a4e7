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
  readonly system: System
  readonly reporter: CliReporter
}
