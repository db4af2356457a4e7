/**
 * The command line: argv becomes a command and its flags, or a help text.
 *
 * Commands come from `commands.ts`, flags from the settings table; commander does the parsing. Values
 * stay text here: the settings layer reads them, whatever place they come from.
 *
 * @module
 */

import { Command, CommanderError, Option, type Help } from 'commander'
import { RolesAnywhereError } from '../core/errors.ts'
import { flagOf, type SettingRow } from '../settings/setting-row.ts'
import { settingsOf } from '../settings/settings-table.ts'
import { COMMANDS, COMMANDS_TO_COME, type CommandRow } from './commands.ts'
import { PROGRAM } from './reporter.ts'
import { VERSION } from './version.ts'

/** By flag without dashes, as typed; a flag that stands alone is `true`. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[]>>

export type Parsed = { readonly row: CommandRow; readonly flags: Flags } | { readonly help: string }

/**
 * @throws {RolesAnywhereError} ERR_USAGE_UNKNOWN_COMMAND, ERR_USAGE_UNKNOWN_FLAG,
 *   ERR_USAGE_INVALID_VALUE, ERR_USAGE_NOT_SUPPORTED
 */
export function parseArguments(argv: readonly string[]): Parsed {
  refuseCommandToCome(argv[0])
  let parsed: Parsed | undefined
  let help = ''
  const program = createProgram(
    (row, flags) => {
      parsed = { row, flags }
    },
    (text) => {
      help += text
    },
  )
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (!HELP_CODES.includes(error.code)) throw usageError(error, argv)
  }
  if (parsed !== undefined) return parsed
  if (argv.length > 0) return { help }
  throw new RolesAnywhereError('ERR_USAGE_UNKNOWN_COMMAND', 'no command was given', {
    hint: `see ${PROGRAM} --help`,
  })
}

const HELP_CODES: readonly string[] = [
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]

function createProgram(
  onCommand: (row: CommandRow, flags: Flags) => void,
  write: (text: string) => void,
): Command {
  const program = configured(new Command(PROGRAM), write)
    .description('Temporary AWS credentials for an X.509 certificate, by IAM Roles Anywhere')
    .version(`${VERSION}\n`.trimEnd(), '--version', 'Print the version')
    .helpCommand('help [command]', 'Show help for a command')
  const groups = new Map<string, Command>()
  for (const row of COMMANDS) {
    const [first = '', second] = row.name.split(' ')
    let parent = program
    if (second !== undefined) {
      parent = groups.get(first) ?? configured(program.command(first), write)
      groups.set(first, parent)
      parent.description(`Commands: ${namesIn(first).join(', ')}`)
    }
    addCommand(configured(parent.command(second ?? first), write), row, onCommand)
  }
  return program
}

function namesIn(group: string): string[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name)
}

function addCommand(
  command: Command,
  row: CommandRow,
  onCommand: (row: CommandRow, flags: Flags) => void,
): void {
  const settings = settingsOf(row.name)
  command.description(row.summary).allowExcessArguments(false)
  for (const setting of settings) command.addOption(optionFor(setting))
  command.addHelpText('before', examples(row))
  command.action(() => {
    onCommand(row, flagsOf(command, settings))
  })
}

function configured(command: Command, write: (text: string) => void): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => undefined })
    .configureHelp({ helpWidth: 100, optionTerm })
}

/** Booleans take `--flag` and, as in the reference helper, `--flag=true` and `--flag=false`. */
function optionFor(setting: SettingRow): Option {
  const value = setting.type === 'boolean' ? '[boolean]' : `<${setting.valueName ?? 'VALUE'}>`
  const option = new Option(`${flagOf(setting)} ${value}`, setting.help)
  // Here `--no-proxy` and `--no-verify-ssl` are names like any other, not the opposites of flags.
  option.negate = false
  if (setting.type === 'lines') {
    option.argParser((text, earlier: readonly string[] | undefined) => [...(earlier ?? []), text])
  }
  if (setting.waitsFor !== undefined) option.hideHelp()
  return option
}

function optionTerm(this: Help, option: Option): string {
  return option.flags.replace(' [boolean]', '').replace(/[<>]/gu, '')
}

function flagsOf(command: Command, settings: readonly SettingRow[]): Flags {
  const values = command.opts<Record<string, string | boolean | readonly string[]>>()
  return Object.fromEntries(
    settings.flatMap((setting) => {
      const flag = flagOf(setting).slice(2)
      const value = values[optionFor(setting).attributeName()]
      return value === undefined ? [] : [[flag, value]]
    }),
  )
}

function examples(row: CommandRow): string {
  return `Examples:\n${row.examples.map((line) => `  ${PROGRAM} ${line}\n`).join('')}`
}

function refuseCommandToCome(name: string | undefined): void {
  if (name === undefined || !Object.hasOwn(COMMANDS_TO_COME, name)) return
  throw new RolesAnywhereError(
    'ERR_USAGE_NOT_SUPPORTED',
    `${name} is not supported yet: ${COMMANDS_TO_COME[name] ?? ''} is still to come`,
    { hint: 'use credential-process, which SDKs run on their own' },
  )
}

/** Commander's message, which names the flag and may suggest another, in our form. */
function usageError(error: CommanderError, argv: readonly string[]): RolesAnywhereError {
  const [what = '', suggestion] = error.message.replace(/^error: /u, '').split('\n')
  const message = what.replaceAll("'", '"')
  const help = `see ${PROGRAM} ${commandOf(argv)}--help`
  const meant = suggestion?.replace(/^\(Did you mean (?:one of )?(.*)\?\)$/u, 'did you mean $1?')
  return new RolesAnywhereError(CODES[error.code] ?? 'ERR_USAGE_INVALID_VALUE', message, {
    hint: meant ?? help,
  })
}

const CODES: Readonly<
  Record<string, 'ERR_USAGE_UNKNOWN_FLAG' | 'ERR_USAGE_UNKNOWN_COMMAND' | undefined>
> = {
  'commander.unknownOption': 'ERR_USAGE_UNKNOWN_FLAG',
  'commander.unknownCommand': 'ERR_USAGE_UNKNOWN_COMMAND',
  'commander.excessArguments': 'ERR_USAGE_UNKNOWN_COMMAND',
}

function commandOf(argv: readonly string[]): string {
  const known = COMMANDS.find(({ name }) => name.split(' ')[0] === argv[0])
  return known === undefined ? '' : `${known.name} `
}
