/**
 * What may come next on a command line: from commander's definitions and the settings table, so that a new
 * command or setting can be completed without a line here.
 *
 * @module
 */

import type { Command } from 'commander'
import { SettingOption, type Addressed } from '../setting-option.ts'
import type { SettingRow } from '../../settings/setting-row.ts'

export interface Candidate {
  readonly text: string
  /** One line; empty where there is nothing to say. */
  readonly description: string
}

export interface Completion {
  readonly candidates: readonly Candidate[]
  /** What the shell itself has to offer besides. */
  readonly further: 'nothing' | 'files' | 'programs'
}

export interface CompletionPorts {
  /** What the first words address. */
  commandFor(words: readonly string[]): Addressed
  /** Of the AWS config and credentials files; asked for only where one can come next. */
  profileNames(): readonly string[]
  /** Of tokens, certificates and keys, from the given module or those that the system knows; asked for as profiles are. */
  tokenUris(library: string | undefined): Promise<readonly Candidate[]>
}

/** @param words - all behind the program's name, up to the one that is being typed, which may be empty */
export async function completeWords(
  words: readonly string[],
  ports: CompletionPorts,
): Promise<Completion> {
  const partial = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const { command, name, path, operands } = ports.commandFor(before)
  const end = before.indexOf('--')
  if (end !== -1) {
    const takesProgram = operands?.startsWith('PROGRAM') === true
    return { candidates: [], further: takesProgram ? behindDashes(before, end) : 'nothing' }
  }
  if (name === undefined) return only(subcommands(command), partial)
  const given = before.slice(path.length)
  const { flag, value } = flagBeingGiven(command, given, partial)
  if (flag === undefined) {
    const dashes = operands === undefined ? [] : [{ text: '--', description: `then ${operands}` }]
    return only([...flagsOf(command, given), ...dashes], partial)
  }
  const completion = await valuesOf(flag.row, value, given, ports)
  const written = partial.slice(0, partial.length - value.length)
  const candidates = completion.candidates.map(({ text, description }) => ({
    text: written + text,
    description,
  }))
  return { ...completion, candidates: matching(candidates, partial) }
}

function behindDashes(before: readonly string[], dashes: number): 'files' | 'programs' {
  return dashes === before.length - 1 ? 'programs' : 'files'
}

function only(candidates: readonly Candidate[], partial: string): Completion {
  return { candidates: matching(candidates, partial), further: 'nothing' }
}

function matching(candidates: readonly Candidate[], partial: string): readonly Candidate[] {
  return candidates.filter(({ text }) => text.startsWith(partial))
}

function subcommands(command: Command): readonly Candidate[] {
  const flags = command.parent === null ? ['--help', '--version'] : ['--help']
  return [
    ...command
      .createHelp()
      .visibleCommands(command)
      .map((one) => ({ text: one.name(), description: one.summary() })),
    ...flags.map((text) => ({ text, description: '' })),
  ]
}

/** Without those that are there and may not come twice. */
function flagsOf(command: Command, given: readonly string[]): readonly Candidate[] {
  const there = new Set(given.map((word) => word.split('=', 1)[0]))
  return command.options
    .filter((option) => option instanceof SettingOption)
    .filter(({ hidden, isList, long }) => !hidden && (isList || !there.has(long)))
    .map(({ long, row }) => ({ text: long ?? '', description: row.help }))
}

/** The flag whose value is being typed, as `--flag VALUE` or `--flag=VALUE`. */
function flagBeingGiven(
  command: Command,
  given: readonly string[],
  partial: string,
): { readonly flag: SettingOption | undefined; readonly value: string } {
  const find = (name: string | undefined): SettingOption | undefined =>
    command.options.find(
      (option): option is SettingOption => option instanceof SettingOption && option.long === name,
    )
  const equals = partial.indexOf('=')
  if (partial.startsWith('--') && equals !== -1) {
    return { flag: find(partial.slice(0, equals)), value: partial.slice(equals + 1) }
  }
  const waiting = find(given.at(-1))
  return { flag: waiting?.isSwitch === true ? undefined : waiting, value: partial }
}

async function valuesOf(
  row: SettingRow,
  value: string,
  given: readonly string[],
  ports: CompletionPorts,
): Promise<Completion> {
  const nothing: Completion = { candidates: [], further: 'nothing' }
  if (row.choices !== undefined) return { ...nothing, candidates: row.choices.map(plain) }
  if (PROFILES.includes(row.name)) {
    return { ...nothing, candidates: ports.profileNames().map(plain) }
  }
  switch (row.type) {
    case 'boolean':
      return { ...nothing, candidates: ['true', 'false'].map(plain) }
    case 'secret-source':
      return {
        candidates: SECRET_SOURCES,
        further: value.startsWith('file:') ? 'files' : 'nothing',
      }
    case 'pkcs11-uri':
      return { ...nothing, candidates: await ports.tokenUris(libraryOf(given)) }
    case 'certificate-location':
    case 'key-location':
      if (!value.startsWith(TOKEN_SCHEME)) {
        // One who types its beginning wants a token: it takes time to look for those.
        const scheme = { text: TOKEN_SCHEME, description: 'an object on a token' }
        return { candidates: value === '' ? [] : [scheme], further: 'files' }
      }
      return { ...nothing, candidates: await ports.tokenUris(libraryOf(given)) }
    case 'path':
    case 'content-location':
      return { ...nothing, further: 'files' }
    default:
      return nothing
  }
}

const TOKEN_SCHEME = 'pkcs11:'
const PROFILES: readonly string[] = ['profile', 'settingsProfile', 'targetProfile']

const SECRET_SOURCES: readonly Candidate[] = [
  { text: 'prompt', description: 'asked for on the terminal' },
  { text: 'env:', description: 'a variable' },
  { text: 'file:', description: 'the first line of a file' },
  { text: 'fd:', description: 'an open descriptor' },
  { text: 'stdin', description: 'standard input' },
  { text: 'cmd:', description: 'what a command prints' },
  { text: 'credential:', description: 'a credential of systemd' },
]

function plain(text: string): Candidate {
  return { text, description: '' }
}

function libraryOf(given: readonly string[]): string | undefined {
  const at = given.indexOf('--pkcs11-lib')
  return at === -1 ? undefined : given[at + 1]
}
