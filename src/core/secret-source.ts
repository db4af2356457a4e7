/**
 * Secrets that never need the command line: one grammar that names where a secret is.
 * `env:NAME` `file:PATH` `fd:N` `stdin` `cmd:COMMAND` `credential:NAME` `prompt`.
 *
 * Only the grammar is here; `identity/secret` reads what it names.
 *
 * @see design.md 4, Secrets; systemd.exec(5), Credentials
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import { says, setting, type SettingName, type Wording } from './wording.ts'

/** Where a secret is. Safe to show, but for the argument of `cmd`. */
export interface SecretSource {
  readonly kind: SecretKind
  /** After the colon; empty for `stdin` and `prompt`. */
  readonly argument: string
  /** What names it in messages: a setting, or a part of one. */
  readonly namedBy: Wording
}

/** Every kind of source, and what may follow its colon. A new kind is a new row here and its reader. */
export const SECRET_GRAMMAR = {
  env: { name: 'the name of a variable', pattern: /^[A-Za-z_][A-Za-z0-9_]*$/u },
  file: { name: 'a path', pattern: /./su },
  fd: {
    // 1 and 2 are where we write.
    name: 'the number of an open descriptor (0, or 3 and up)',
    pattern: /^(?:0|[3-9]|[1-9][0-9]{1,5})$/u,
  },
  stdin: undefined,
  cmd: { name: 'a shell command', pattern: /\S/u },
  credential: { name: 'the name of a systemd credential', pattern: /^(?!\.{1,2}$)[^/\0]{1,255}$/u },
  prompt: undefined,
} as const

export type SecretKind = keyof typeof SECRET_GRAMMAR

/**
 * Reads the grammar. A plain word is refused, never taken for the secret itself.
 *
 * @param toPath what is done to the path after `file:`. Default: it stays as it is.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE.
 */
export function parseSecretSource(
  text: string,
  name: SettingName,
  toPath: (path: string) => string = (path) => path,
): SecretSource {
  const source = findSecretSource(text, says`${setting(name)}`)
  if (source?.kind === 'file') return { ...source, argument: toPath(source.argument) }
  if (source !== undefined) return source
  throw invalid(says`${setting(name)} does not say where the secret is`, ONE_OF)
}

/**
 * As `parseSecretSource`, but `undefined` for text that is none of the grammar.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for a known word with a wrong argument.
 */
export function findSecretSource(text: string, namedBy: Wording): SecretSource | undefined {
  const colon = text.indexOf(':')
  const kind = colon === -1 ? text : text.slice(0, colon)
  if (!isKind(kind)) return undefined
  const expected = SECRET_GRAMMAR[kind]
  if ((expected === undefined) !== (colon === -1)) return undefined
  const argument = colon === -1 ? '' : text.slice(colon + 1)
  if (expected !== undefined && !expected.pattern.test(argument)) {
    throw invalid(says`${namedBy} needs ${expected.name} after "${kind}:"`, EXAMPLES)
  }
  return { kind, argument, namedBy }
}

function isKind(word: string): word is SecretKind {
  return Object.hasOwn(SECRET_GRAMMAR, word)
}

/** The text itself is never quoted: it may be the secret, given where its place was asked for. */
function invalid(message: Wording, hint: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', message, { hint })
}

const EXAMPLES = 'example: env:KEY_PASSWORD, file:/etc/app/password, fd:3, credential:key-password'
const ONE_OF =
  'give env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND, credential:NAME or prompt, never the secret itself'
