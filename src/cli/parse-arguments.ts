/**
 * argv becomes a command and its flags, or a wish for help.
 *
 * Commands come from `commands.ts`, flags from the settings table; Node's own `parseArgs` takes argv
 * apart. A library for command lines would cost a fifth of an empty Node start, on every run that an
 * SDK waits for; what it would add, help and suggestions, is loaded when it is needed.
 *
 * Values stay text here: the settings layer reads them, whatever place they come from.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { RolesAnywhereError, type ErrorCode } from '../core/errors.ts'
import type { Flags, FlagValue } from '../settings/given-settings.ts'
import { canComeFrom, flagOf, type SettingRow } from '../settings/setting-row.ts'
import { settingsOf } from '../settings/settings-table.ts'
import { COMMANDS, type CommandRow } from './commands.ts'
import { PROGRAM } from './reporter.ts'

export type ParsedArguments =
  | {
      readonly kind: 'run'
      readonly row: CommandRow
      /** One for each value of a flag that may be repeated; at least one. */
      readonly runs: readonly [Flags, ...Flags[]]
      /** What stands behind `--`: a program and its arguments. */
      readonly operands: readonly string[]
    }
  /** Help for one command, for a group such as `cache`, or for the program. */
  | { readonly kind: 'help'; readonly topic: string }

/**
 * @throws {RolesAnywhereError} ERR_USAGE_UNKNOWN_COMMAND, ERR_USAGE_UNKNOWN_FLAG,
 *   ERR_USAGE_INVALID_VALUE, ERR_USAGE_NOT_SUPPORTED
 */
export async function parseArguments(argv: readonly string[]): Promise<ParsedArguments> {
  const [first = '', second = ''] = argv
  if (first === 'help') return { kind: 'help', topic: await topicOf(argv.slice(1).join(' ')) }
  if (HELP_FLAGS.includes(first)) return { kind: 'help', topic: '' }
  if (first === '--version') return await parseArguments(['version', ...argv.slice(1)])
  const row =
    COMMANDS.find(({ name }) => name === first) ??
    COMMANDS.find(({ name }) => name === `${first} ${second}`)
  if (row === undefined) {
    if (HELP_FLAGS.includes(second)) return { kind: 'help', topic: await topicOf(first) }
    throw await unknownCommand(argv)
  }
  const rest = argv.slice(row.name.split(' ').length)
  const end = rest.indexOf('--')
  if (rest.slice(0, end === -1 ? undefined : end).some((word) => HELP_FLAGS.includes(word))) {
    return { kind: 'help', topic: row.name }
  }
  const operandsAt = row.takesProgram === true && end !== -1 ? end : rest.length
  return {
    kind: 'run',
    row,
    runs: onePerProfile(await parseFlags(rest.slice(0, operandsAt), row)),
    operands: rest.slice(operandsAt + 1),
  }
}

const HELP_FLAGS: readonly string[] = ['--help', '-h']

/** `--profile a --profile b` as the flags of two runs. */
function onePerProfile(flags: Flags): readonly [Flags, ...Flags[]] {
  const { profile } = flags
  if (typeof profile !== 'object') return [flags]
  const [first = '', ...others] = profile
  return [{ ...flags, profile: first }, ...others.map((name) => ({ ...flags, profile: name }))]
}

async function parseFlags(argv: readonly string[], row: CommandRow): Promise<Flags> {
  const settings = new Map(
    settingsOf(row.name)
      .filter((setting) => canComeFrom(setting, 'flag'))
      .map((setting) => [flagOf(setting).slice(2), setting]),
  )
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...settings].map(([flag, { type }]) => [
        flag,
        { type: type === 'boolean' ? 'boolean' : 'string' } as const,
      ]),
    ),
    // What is wrong is found and said below, in our words.
    strict: false,
    tokens: true,
  })
  const flags: Record<string, FlagValue> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') throw await unexpectedWord(token.value, row)
    if (token.kind !== 'option') continue
    const setting = settings.get(token.name)
    if (setting === undefined || !token.rawName.startsWith('--')) {
      throw await unknownFlag(token.rawName, [...settings.keys()], row)
    }
    const isList = setting.type === 'lines' || setting.repeatableBy?.includes(row.name) === true
    const value = flagValue(setting, token.value)
    flags[token.name] = isList ? [...listOf(flags[token.name]), String(value)] : value
  }
  return flags
}

/** Booleans take `--flag` and, as in the reference helper, `--flag=true` and `--flag=false`. */
function flagValue(setting: SettingRow, value: string | undefined): string | boolean {
  if (setting.type === 'boolean') return value ?? true
  if (value === undefined || (value === '' && setting.refusesEmpty === true)) {
    throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `${flagOf(setting)} has no value`, {
      hint: `write ${flagOf(setting)} ${setting.valueName ?? 'VALUE'}`,
    })
  }
  return value
}

function listOf(earlier: Flags[string] | undefined): readonly string[] {
  return typeof earlier === 'object' ? earlier : []
}

async function topicOf(name: string): Promise<string> {
  const isTopic = COMMANDS.some((row) => `${row.name} `.startsWith(`${name} `))
  if (name !== '' && !isTopic) throw await unknownCommand(name.split(' '))
  return name
}

async function unknownCommand(argv: readonly string[]): Promise<RolesAnywhereError> {
  const [first, second] = argv
  if (first === undefined) {
    return usage('ERR_USAGE_UNKNOWN_COMMAND', 'no command was given', `see ${PROGRAM} --help`)
  }
  const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${first} `))
  const wanted = isGroup && second !== undefined ? `${first} ${second}` : first
  const { didYouMean } = await import('./did-you-mean.ts')
  return usage(
    'ERR_USAGE_UNKNOWN_COMMAND',
    isGroup && second === undefined ? `${first} needs a second word` : `no command "${wanted}"`,
    didYouMean(
      wanted,
      COMMANDS.map(({ name }) => name),
    ) ?? `see ${PROGRAM} ${isGroup ? `${first} ` : ''}--help`,
  )
}

async function unknownFlag(
  rawName: string,
  known: readonly string[],
  row: CommandRow,
): Promise<RolesAnywhereError> {
  const { didYouMean } = await import('./did-you-mean.ts')
  return usage(
    'ERR_USAGE_UNKNOWN_FLAG',
    `${row.name} has no flag ${rawName}`,
    didYouMean(
      rawName,
      known.map((flag) => `--${flag}`),
    ) ?? `see ${PROGRAM} ${row.name} --help`,
  )
}

/** Not repeated in the message: it may be a password that lost its flag. */
async function unexpectedWord(word: string, row: CommandRow): Promise<RolesAnywhereError> {
  const { didYouMean } = await import('./did-you-mean.ts')
  return usage(
    'ERR_USAGE_INVALID_VALUE',
    `${row.name} takes flags only, and got a word that belongs to none`,
    didYouMean(
      `--${word}`,
      settingsOf(row.name).map((setting) => flagOf(setting)),
    ) ?? 'put quotes around values with spaces',
  )
}

function usage(code: ErrorCode, message: string, hint: string): RolesAnywhereError {
  return new RolesAnywhereError(code, message, { hint })
}
