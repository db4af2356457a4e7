/**
 * argv becomes a command and its flags, or a text to print: commander, fed by the tables of commands
 * and settings.
 *
 * Only the addressed command gets flags. Their values stay text, and what a setting requires or
 * excludes is not asked here: the settings layer reads flags, environment and AWS profile by the same
 * rules.
 *
 * @module
 */

import { Command, CommanderError, Option } from 'commander'
import { VERSION } from '../core/version.ts'
import { flagSettingsOf } from '../settings/describe-settings.ts'
import type { Flags } from '../settings/given-settings.ts'
import { canComeFrom, flagOf, type CommandName, type SettingRow } from '../settings/setting-row.ts'
import { settingsOf } from '../settings/settings-table.ts'
import {
  COMMAND_GROUPS,
  COMMAND_NAMES,
  COMMANDS,
  DOCUMENTED_COMMANDS,
  isCommandName,
} from './commands.ts'
import { PROGRAM } from './reporter.ts'
import { heading, SettingOption, type Addressed } from './setting-option.ts'
import { isWord, refusal, strayWord } from './usage-errors.ts'

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
  return readPlainly(words, operands) ?? readFully(words, operands)
}

/**
 * A line without a fault, and without a question for help: commander is told of the flags that stand in it
 * and of nothing else, since making all commands with all flags takes longer than all else that is done
 * with a command line. Undefined for every other line: what is wrong with it, and what may have been
 * meant, is said by one who knows everything.
 */
export function readPlainly(
  words: readonly string[],
  operands: readonly string[],
): CommandLine | undefined {
  const name = nameIn(words)
  if (name === undefined) return undefined
  const rows = flagsIn(words, name)
  if (rows === undefined) return undefined
  if (operands.length > 0 && COMMANDS[name].operands === undefined) return undefined
  const command = new Command(name).helpOption(false).exitOverride()
  command.configureOutput({ writeErr: () => undefined })
  for (const row of rows) command.addOption(new SettingOption(row, name, command))
  try {
    const flags = words.slice(name.split(' ').length)
    command.parse(withSwitchesOn(flags, command), { from: 'user' })
  } catch {
    return undefined
  }
  if (command.args.length > 0) return undefined
  return { kind: 'run', name, runs: onePerProfile(command.opts<Flags>()), operands }
}

/** The command that the first words name in full. */
function nameIn([first = '', second = '']: readonly string[]): CommandName | undefined {
  // `"cache clear"` is one word, and names nothing.
  if (`${first}${second}`.includes(' ')) return undefined
  const pair = `${first} ${second}`
  if (isCommandName(pair)) return pair
  return isCommandName(first) ? first : undefined
}

/**
 * The flags that stand in a line; undefined where a word may be another one, such as `--help`, and where a
 * value looks like one.
 */
function flagsIn(words: readonly string[], name: CommandName): readonly SettingRow[] | undefined {
  if (words.some((word) => /^--[^=]*=-/u.test(word))) return undefined
  const given = words
    .filter((word) => word.startsWith('-'))
    .map((word) => word.split('=', 1)[0] ?? '')
  const rows = settingsOf(name).filter(
    (row) => canComeFrom(row, 'flag') && given.includes(flagOf(row)),
  )
  return given.every((flag) => rows.some((row) => flagOf(row) === flag)) ? rows : undefined
}

/** Any line, by one who knows all commands and flags. */
export function readFully(words: readonly string[], operands: readonly string[]): CommandLine {
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
    const { summary, examples, operands, isInternal } = COMMANDS[name]
    const [first = name, second] = name.split(' ')
    const command = (second === undefined ? program : groupOf(program, first))
      .command(second ?? first, { hidden: isInternal === true })
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
  return DOCUMENTED_COMMANDS.flatMap((name) => COMMANDS[name].examples.slice(0, 1))
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
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
  return [command.name(), names.join('|')].join(' ').trim()
}

/** `help cache list` as `cache list --help`. */
function helpAsFlag(words: readonly string[]): readonly string[] {
  return words[0] === 'help' ? [...words.slice(1), '--help'] : words
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
  return { command, name, path, operands: name && COMMANDS[name].operands }
}

function addFlags(command: Command, name: CommandName): void {
  for (const row of flagSettingsOf(name)) command.addOption(new SettingOption(row, name, command))
  command.addHelpOption(new Option('-h, --help', 'Show this help').helpGroup(heading('general')))
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
