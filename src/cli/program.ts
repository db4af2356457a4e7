/**
 * argv becomes a command and its flags, or a text to print: commander, fed by the tables of commands
 * and settings.
 *
 * Only the addressed command gets its flags. Their values stay text, and what a setting requires or
 * excludes is not asked here: the settings layer reads flags, environment and AWS profile by the same
 * rules.
 *
 * @module
 */

import { Command, CommanderError, Option } from 'commander'
import { VERSION } from '../core/version.ts'
import { describeSetting, flagSettingsOf } from '../settings/describe-settings.ts'
import type { Flags, FlagValue } from '../settings/given-settings.ts'
import { flagOf, type CommandName, type SettingRow } from '../settings/setting-row.ts'
import { COMMAND_GROUPS, COMMAND_NAMES, COMMANDS, isCommandName } from './commands.ts'
import { PROGRAM } from './reporter.ts'
import { givenTwice, isFlagOf, isWord, refusal, strayWord, withoutValue } from './usage-errors.ts'

export type CommandLine =
  /** Help, or the version. */
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'run'
      readonly name: CommandName
      /** One for each `--profile`, where several may be given. */
      readonly runs: readonly [Flags, ...Flags[]]
      /** What stands behind `--`: a program and its arguments. */
      readonly operands: readonly string[]
    }

/**
 * @throws {RolesAnywhereError} ERR_USAGE_UNKNOWN_COMMAND, ERR_USAGE_UNKNOWN_FLAG,
 *   ERR_USAGE_INVALID_VALUE, ERR_USAGE_CONFLICT
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const end = argv.indexOf('--')
  const words = helpAsFlag(end === -1 ? argv : argv.slice(0, end))
  const operands = end === -1 ? [] : argv.slice(end + 1)
  let text = ''
  const program = buildProgram((more) => (text += more))
  const { command, name } = addressedBy(words, program)
  try {
    program.parse(withSwitchesOn(words, command), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const isHelp = error.exitCode === 0 && (name !== undefined || !isWord(command.args[0]))
    if (isHelp) return { kind: 'text', text }
    throw refusal(error, command, name, words)
  }
  if (name === undefined) throw new TypeError('commander ends a run without a command')
  if (operands.length > 0 && COMMANDS[name].operands === undefined) throw strayWord(command, name)
  return { kind: 'run', name, runs: onePerProfile(command.opts<Flags>()), operands }
}

/** The command that the first words name, with its flags: what may follow. */
export function commandFor(words: readonly string[]): Addressed {
  return addressedBy(
    words,
    buildProgram(() => undefined),
  )
}

const HELP_WIDTH = 100

/** All commands, without their flags. */
function buildProgram(write: (text: string) => void): Command {
  const program = new Command(PROGRAM)
    .version(VERSION, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ subcommandTerm })
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('before', () => introduction(ABOUT, firstExamples()))
    .addHelpText('after', WAYS_TO_GIVE_SETTINGS)
  for (const name of COMMAND_NAMES) {
    const { summary, examples, operands } = COMMANDS[name]
    const [first = name, second] = name.split(' ')
    const command = (second === undefined ? program : groupOf(program, first))
      .command(second ?? first)
      .summary(summary)
      .addHelpText('before', () => introduction(summary, examples))
    if (operands !== undefined) command.usage(`[options] -- ${operands}`)
  }
  return program
}

const ABOUT = 'Temporary AWS credentials for an X.509 certificate, by IAM Roles Anywhere'

const WAYS_TO_GIVE_SETTINGS = `
Settings come from flags, from environment variables (ROLESANYWHERE_TRUST_ANCHOR_ARN) and from the AWS
profile (rolesanywhere_trust_anchor_arn), in this order. More: ${PROGRAM} COMMAND --help`

/** What people look for first: what it does, and a line to start from. */
function introduction(about: string, examples: readonly string[]): string {
  return `${about}.\n\nExamples:\n${examples.map((line) => `  ${PROGRAM} ${line}\n`).join('')}`
}

function firstExamples(): readonly string[] {
  return COMMAND_NAMES.flatMap((name) => COMMANDS[name].examples.slice(0, 1))
}

/** The command for `cache`, which has `cache list` and `cache clear` under it. */
function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known !== undefined) return known
  return program
    .command(name)
    .summary(COMMAND_GROUPS[name] ?? '')
    .helpCommand(false)
}

/** `cache list|clear` */
function subcommandTerm(command: Command): string {
  return [command.name(), command.commands.map((one) => one.name()).join('|')].join(' ').trim()
}

/** `help cache list` as `cache list --help`. */
function helpAsFlag(words: readonly string[]): readonly string[] {
  return words[0] === 'help' ? [...words.slice(1), '--help'] : words
}

export interface Addressed {
  /** The program itself, a group such as `cache`, or a command of the table, with its flags. */
  readonly command: Command
  readonly name: CommandName | undefined
  /** The words that name it. */
  readonly path: readonly string[]
}

function addressedBy(words: readonly string[], program: Command): Addressed {
  let command = program
  const path: string[] = []
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word)
    if (next === undefined) break
    command = next
    path.push(word)
  }
  const joined = path.join(' ')
  const name = isCommandName(joined) ? joined : undefined
  if (name !== undefined) addFlags(command, name)
  return { command, name, path }
}

function addFlags(command: Command, name: CommandName): void {
  for (const row of flagSettingsOf(name)) command.addOption(new SettingOption(row, name, command))
  command.addHelpOption(new Option('-h, --help', 'Show this help').helpGroup(heading('general')))
}

function heading(group: SettingRow['group']): string {
  return `${group[0]?.toUpperCase() ?? ''}${group.slice(1)}:`
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

/** `--debug` as `--debug=true`, so that it does not take the word behind it for its value. */
function withSwitchesOn(words: readonly string[], command: Command): readonly string[] {
  const switches = command.options
    .filter((option) => option instanceof SettingOption && option.isSwitch)
    .map(({ long }) => long)
  return words.map((word) => (switches.includes(word) ? `${word}=true` : word))
}

/** `--profile a --profile b` as the flags of two runs. */
function onePerProfile(flags: Flags): readonly [Flags, ...Flags[]] {
  const { profile } = flags
  if (typeof profile !== 'object') return [flags]
  const [first = '', ...others] = profile
  return [{ ...flags, profile: first }, ...others.map((name) => ({ ...flags, profile: name }))]
}
