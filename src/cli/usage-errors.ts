/**
 * What is wrong with a command line, in our words, with commander's proposals for what was meant.
 *
 * Of what nobody knows, only the name of a command or flag is repeated: the rest may be a secret.
 *
 * @module
 */

import { CommanderError, type Command } from 'commander'
import type { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import type { CommandName } from '../settings/setting-row.ts'
import { COMMANDS } from './commands.ts'
import { PROGRAM } from './reporter.ts'
import { isFlagOf, usage, withoutValue } from './setting-option.ts'

/** @param words - those that commander was given */
export function refusal(
  { code }: CommanderError,
  command: Command,
  name: CommandName | undefined,
  words: readonly string[],
): RolesAnywhereError {
  if (name === undefined) return unknownCommand(command)
  if (code === 'commander.unknownOption') return unknownFlag(command, name)
  // Only the last word can be a flag that waits for its value.
  const waiting = command.options.find(({ long }) => long === words.at(-1))
  return code === 'commander.optionMissingArgument' && waiting !== undefined
    ? withoutValue(waiting)
    : strayWord(command, name)
}

function unknownCommand(command: Command): RolesAnywhereError {
  const group = command.name() === PROGRAM ? '' : `${command.name()} `
  const [word = '-'] = command.args
  const help = `see ${PROGRAM} ${group}--help`
  if (isWord(word)) {
    const meant = suggestions(command, word).map((name) => group + name)
    const message = `no command ${quoted(group + word)}`
    return usage('ERR_USAGE_UNKNOWN_COMMAND', message, didYouMean(meant) ?? help)
  }
  const message = group === '' ? 'no command was given' : `${group}needs a second word`
  const hint = command.args.length === 0 ? help : `the command comes before its flags; ${help}`
  return usage('ERR_USAGE_UNKNOWN_COMMAND', message, hint)
}

function unknownFlag(command: Command, name: CommandName): RolesAnywhereError {
  const typed = command.args.find((word) => word.startsWith('-')) ?? ''
  // `--pni=1234` and `-p1234` hold a secret behind the name, and so does `--pin1234`.
  const [flag = ''] = /^--[\w-]*|^-\w?/u.exec(typed) ?? []
  const glued = command.options.find(({ long }) => long !== undefined && flag.startsWith(long))
  const shown = glued === undefined ? flag : `${glued.long ?? ''}…`
  const [wanted = ''] = /^--?[\w-]*/u.exec(typed) ?? []
  const meant = flagsLike(command, wanted.replace(/^-+/u, ''))
  return usage(
    'ERR_USAGE_UNKNOWN_FLAG',
    `${name} has no flag ${shown}`,
    didYouMean(meant) ?? `see ${PROGRAM} ${name} --help`,
  )
}

export function strayWord(command: Command, name: CommandName): RolesAnywhereError {
  const [word = ''] = command.args
  const { operands, examples } = COMMANDS[name]
  const message = `${name} takes flags only, and got a word that belongs to none`
  if (operands !== undefined) {
    const hint = `put the program behind two dashes: ${examples[0] ?? ''}`
    return usage('ERR_USAGE_INVALID_VALUE', message, hint)
  }
  const hint = /^(?:true|false|[01tf])$/iu.test(word)
    ? 'a switch takes its value behind an equals sign: --debug=false'
    : 'put quotes around values with spaces'
  const meant = flagsLike(command, /^[\w-]*/u.exec(word)?.[0] ?? '')
  return usage('ERR_USAGE_INVALID_VALUE', message, didYouMean(meant) ?? hint)
}

export function isWord(word: string | undefined): boolean {
  return word?.startsWith('-') === false
}

/** The flags that someone may have meant who wrote `name`, with any number of dashes. */
function flagsLike(command: Command, name: string): readonly string[] {
  const flag = `--${name}`
  return isFlagOf(command, flag) ? [flag] : suggestions(command, flag)
}

/** What commander proposes for a word that it does not know. */
function suggestions(command: Command, word: string): readonly string[] {
  try {
    command.parse([word], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return /\(Did you mean (?:one of )?(.+)\?\)$/u.exec(error.message)?.[1]?.split(', ') ?? []
  }
  return []
}

function didYouMean(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : `did you mean ${words.join(' or ')}?`
}
