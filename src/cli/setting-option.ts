/**
 * A setting as a flag of commander, and what may be wrong with a flag by itself.
 *
 * @module
 */

import { Option, type Command } from 'commander'
import { RolesAnywhereError, type ErrorCode } from '../core/errors.ts'
import { describeSetting } from '../settings/describe-settings.ts'
import type { FlagValue } from '../settings/given-settings.ts'
import { flagOf, type CommandName, type SettingRow } from '../settings/setting-row.ts'

export interface Addressed {
  /** The program itself, a group such as `cache`, or a command of the table, with its flags. */
  readonly command: Command
  readonly name: CommandName | undefined
  /** The words that name it. */
  readonly path: readonly string[]
  /** What may follow behind `--`, in the words of a usage line. */
  readonly operands: string | undefined
}

/** A row of the settings table for commander. */
export class SettingOption extends Option {
  readonly row: SettingRow
  readonly isSwitch: boolean
  /** Whether it may be given several times. */
  readonly isList: boolean

  constructor(row: SettingRow, name: CommandName, command: Command) {
    const placeholder = row.valueName === undefined ? '' : ` <${row.valueName}>`
    super(flagOf(row) + placeholder, describeSetting(row, name))
    this.row = row
    this.isSwitch = row.type === 'boolean'
    this.isList = row.type === 'lines' || row.repeatableBy?.includes(name) === true
    // A switch too: its value is there by the time that commander looks, see `withSwitchesOn`.
    this.required = true
    // Else `--no-proxy HOSTS` would be the opposite of `--proxy`.
    this.negate = false
    this.helpGroup(heading(row.group))
    this.hideHelp(row.waitsFor !== undefined)
    this.argParser<FlagValue | undefined>((value, earlier) => {
      if (isFlagOf(command, value) || (value === '' && row.refusesEmpty === true)) {
        throw withoutValue(this)
      }
      if (this.isList) return [...(typeof earlier === 'object' ? earlier : []), value]
      if (earlier === undefined) return value
      throw givenTwice(this)
    })
  }

  /** Flags by their names: `attributeName` of commander would make `proxy` of `no-proxy`. */
  override attributeName(): string {
    return this.name()
  }
}

/** Of a group of flags in the help. */
export function heading(group: SettingRow['group']): string {
  return `${group[0]?.toUpperCase() ?? ''}${group.slice(1)}:`
}

export function isFlagOf(command: Command, word: string): boolean {
  const [name] = word.split('=', 1)
  return name === '--help' || command.options.some(({ long }) => long === name)
}

export function withoutValue({ long, flags }: Option): RolesAnywhereError {
  const hint = `write ${flags.replaceAll(/[<>]/gu, '')}`
  return usage('ERR_USAGE_INVALID_VALUE', `${long ?? ''} has no value`, hint)
}

function givenTwice({ long }: Option): RolesAnywhereError {
  return usage('ERR_USAGE_CONFLICT', `${long ?? ''} is given twice`, 'give it once')
}

export function usage(code: ErrorCode, message: string, hint: string): RolesAnywhereError {
  return new RolesAnywhereError(code, message, { hint })
}
