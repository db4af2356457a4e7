/**
 * Secrets that never need the command line: one grammar that names where a secret is, and the reading
 * of it. `env:NAME` `file:PATH` `fd:N` `stdin` `cmd:COMMAND` `credential:NAME` `prompt`.
 *
 * The value is returned and nothing else: no message, error or debug field here holds it, or text that
 * could be it.
 *
 * @see design.md 4, Secrets; systemd.exec(5), Credentials
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { SECRET_KINDS, unavailable } from './secret-kinds.ts'

/** Longest secret taken, unless more is asked for. */
const MAX_SECRET_BYTES = 65_536

export type SecretKind = 'env' | 'file' | 'fd' | 'stdin' | 'cmd' | 'credential' | 'prompt'

/** Where a secret is. Safe to show, but for the argument of `cmd`. */
export interface SecretSource {
  readonly kind: SecretKind
  /** After the colon; empty for `stdin` and `prompt`. */
  readonly argument: string
  /** The flag or setting that holds it, for messages. */
  readonly setting: string
}

/** What reading a secret needs of the world. */
export interface SecretPorts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly reporter: Reporter
  /** Asks on the terminal device; what is typed is not shown. */
  prompt(question: string): Promise<string>
  /** All of standard input. */
  readStdin(): Promise<Buffer>
  /** Ends a command that is run for a secret. */
  readonly signal?: AbortSignal | undefined
}

export interface ReadSecretOptions {
  /** Refuse a password file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
  /** Default 65,536. */
  readonly maxBytes?: number
}

/**
 * Reads the grammar. A plain word is refused, never taken for the secret itself.
 *
 * @param setting the flag or setting, such as `--private-key-password`.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE.
 */
export function parseSecretSource(text: string, setting: string): SecretSource {
  const source = findSecretSource(text, setting)
  if (source !== undefined) return source
  throw invalid(setting, 'does not say where the secret is', ONE_OF)
}

/**
 * As `parseSecretSource`, but `undefined` for text that is none of the grammar.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for a known word with a wrong argument.
 */
export function findSecretSource(text: string, setting: string): SecretSource | undefined {
  const colon = text.indexOf(':')
  const kind = colon === -1 ? text : text.slice(0, colon)
  if (!isKind(kind)) return undefined
  const row = SECRET_KINDS[kind]
  if ((row.argument === undefined) !== (colon === -1)) return undefined
  const argument = colon === -1 ? '' : text.slice(colon + 1)
  if (row.argument !== undefined && !row.argument.pattern.test(argument)) {
    throw invalid(setting, `needs ${row.argument.name} after "${kind}:"`)
  }
  return { kind, argument, setting }
}

/**
 * The secret as text, without the one line break that files, commands and pipes end with.
 *
 * @param what names the secret for questions and messages: `the password of "client.key"`.
 * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE, ERR_CONFIG_FILE_*.
 */
export async function readSecret(
  source: SecretSource,
  what: string,
  ports: SecretPorts,
  options: ReadSecretOptions = {},
): Promise<string> {
  const bytes = await readSecretBytes(source, what, ports, options)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(/\r?\n$/u, '')
  } catch {
    // The decoder's error says nothing, and its input is the secret.
    throw unavailable(source, what, 'is not UTF-8 text')
  } finally {
    bytes.fill(0)
  }
}

/** The same as bytes, as they are: for keys and certificates. Throws as `readSecret` does. */
export async function readSecretBytes(
  source: SecretSource,
  what: string,
  ports: SecretPorts,
  options: ReadSecretOptions = {},
): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? MAX_SECRET_BYTES
  const request = { source, what, ports, options, maxBytes }
  const bytes = await SECRET_KINDS[source.kind].read(request)
  if (bytes === undefined || bytes.length > maxBytes) {
    throw unavailable(source, what, `is longer than ${maxBytes} bytes`)
  }
  // An empty password is a lone line break; nothing at all is an unset variable or a failed command.
  if (bytes.length === 0 && source.kind !== 'prompt') throw unavailable(source, what, 'is empty')
  return bytes
}

function isKind(word: string): word is SecretKind {
  return Object.hasOwn(SECRET_KINDS, word)
}

/** The text itself is never quoted: it may be the secret, given where its place was asked for. */
function invalid(setting: string, problem: string, hint?: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `${setting} ${problem}`, {
    hint:
      hint ?? 'example: env:KEY_PASSWORD, file:/etc/app/password, fd:3, credential:key-password',
    detail: { setting },
  })
}

const ONE_OF =
  'give env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND, credential:NAME or prompt, never the secret itself'
