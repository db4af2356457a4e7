/**
 * Reads the secret that a source names: one row for each kind, which says how it is read and what messages
 * call it.
 *
 * The value is returned and nothing else: no message, error or debug field here holds it, or text that
 * could be it.
 *
 * @see systemd.exec(5), Credentials
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError, type ErrorDetail } from '../../core/errors.ts'
import type { SecretKind, SecretSource } from '../../core/secret-source.ts'
import { says, settingOf, type Wording } from '../../core/wording.ts'
import { checkPermissions, readSmallFile } from '../../machine/read-file.ts'
import type { ReadSecretOptions, SecretPorts } from './secret-ports.ts'

/** Longest secret taken, unless more is asked for. */
const MAX_SECRET_BYTES = 65_536

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
  const reader: SecretReader = SECRET_READERS[source.kind]
  const memoryName = reader.once?.(request)
  const read = async (): Promise<Buffer | undefined> => reader.read(request)
  const bytes = await (memoryName === undefined ? read() : ports.memory.once(memoryName, read))
  if (bytes === undefined || bytes.length > maxBytes) {
    throw unavailable(source, what, `is longer than ${maxBytes} bytes`)
  }
  // An empty password is a lone line break; nothing at all is an unset variable or a failed command.
  if (bytes.length === 0 && source.kind !== 'prompt') throw unavailable(source, what, 'is empty')
  return bytes
}

/** What a person answered turned out to be wrong: the same question is put again, not answered from memory. */
export function forgetSecret(
  source: SecretSource,
  what: string,
  ports: Pick<SecretPorts, 'memory'>,
  options: ReadSecretOptions = {},
): void {
  const reader: SecretReader = SECRET_READERS[source.kind]
  const memoryName = reader.once?.({ source, what, options })
  if (memoryName !== undefined) ports.memory.forget(memoryName)
}

interface SecretRequest {
  readonly source: SecretSource
  readonly what: string
  readonly ports: SecretPorts
  readonly options: ReadSecretOptions
  readonly maxBytes: number
}

interface SecretReader {
  describe(source: SecretSource): Wording
  /** What remembers a source that can be read only once. Others are read anew each time. */
  once?(request: Pick<SecretRequest, 'source' | 'what' | 'options'>): string
  /** `undefined` for more than `maxBytes`. */
  read(request: SecretRequest): Promise<Buffer | undefined>
}

const SECRET_READERS: Readonly<Record<SecretKind, SecretReader>> = {
  env: {
    describe: ({ argument }) => `the environment variable ${argument}`,
    read({ source, what, ports }) {
      const value = ports.env[source.argument]
      if (value === undefined) return Promise.reject(unavailable(source, what, 'is not set'))
      return Promise.resolve(Buffer.from(value))
    },
  },
  file: {
    describe: ({ argument }) => `the file "${argument}"`,
    async read({ source, ports, options, maxBytes }) {
      const file = await readSmallFile(source.argument, source.namedBy, maxBytes)
      checkPermissions(file, 'secret', { reporter: ports.reporter, ...options })
      return file.bytes
    },
  },
  fd: {
    describe: ({ argument }) => `file descriptor ${argument}`,
    once: ({ source }) => `fd:${source.argument}`,
    async read({ source, what, ports, maxBytes }) {
      const { NotInherited, readDescriptor } = await import('../../machine/read-descriptor.ts')
      try {
        return await readDescriptor(Number(source.argument), maxBytes, ports.signal)
      } catch (cause) {
        const problem = cause instanceof NotInherited ? 'was not given to us' : 'cannot be read'
        const isCancelled = ports.signal?.aborted === true
        throw unavailable(source, what, isCancelled ? 'was cancelled' : problem, cause)
      }
    },
  },
  stdin: {
    describe: () => 'standard input',
    once: () => 'stdin',
    read: ({ ports }) => ports.readStdin(),
  },
  cmd: {
    describe: ({ namedBy }) => says`the output of the command in ${namedBy}`,
    async read({ source, what, ports, maxBytes }) {
      const { runCommand } = await import('../../machine/run-command.ts')
      const { env, signal } = ports
      const result = await runCommand(source.argument, { env, signal, maxBytes })
      if ('output' in result) return result.output
      throw unavailable(source, what, result.problem)
    },
  },
  credential: {
    describe: ({ argument }) => `the systemd credential ${argument}`,
    async read({ source, what, ports, maxBytes }) {
      const folder = ports.env['CREDENTIALS_DIRECTORY']
      if (folder === undefined || folder === '') {
        throw unavailable(source, what, 'is not there: $CREDENTIALS_DIRECTORY is not set')
      }
      // No look at the mode: systemd grants access by an ACL, which shows as group bits.
      const path = join(folder, source.argument)
      return (await readSmallFile(path, source.namedBy, maxBytes)).bytes
    },
  },
  prompt: {
    describe: () => 'the answer',
    once: ({ what, options }) => `prompt:${options.subject ?? what}`,
    async read({ what, ports, options }) {
      try {
        return Buffer.from(await ports.prompt(`${what}: `, options.problem))
      } catch (error) {
        throw isUnavailable(error) ? unasked(what, error) : error
      }
    },
  },
}

/** Whether nobody can be asked, or nobody answered. */
export function isUnavailable(error: unknown): error is RolesAnywhereError {
  return error instanceof RolesAnywhereError && error.code === 'ERR_CONFIG_SECRET_UNAVAILABLE'
}

/** The cause is why nobody can be asked, in words that others can use for a sentence of their own. */
function unasked(what: string, cause: RolesAnywhereError): RolesAnywhereError {
  const { message, hint } = cause.wording
  const ways = 'give it by file:PATH, env:NAME, fd:N, credential:NAME or cmd:COMMAND'
  return new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', says`${message}: ${what}`, {
    hint: hint === undefined ? ways : says`${ways}; ${hint}`,
    cause,
  })
}

/**
 * The error for a source that yields nothing that can be used.
 *
 * @param what names the secret.
 */
function unavailable(
  source: SecretSource,
  what: string,
  problem: string,
  cause?: unknown,
): RolesAnywhereError {
  const place = SECRET_READERS[source.kind].describe(source)
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    says`cannot read ${what}: ${place} ${problem}`,
    { hint: says`check ${source.namedBy}`, detail: detailOf(source), cause },
  )
}

/** For programs: the setting that named the source. */
function detailOf({ namedBy }: SecretSource): ErrorDetail {
  const setting = settingOf(namedBy)
  return setting === undefined ? {} : { setting }
}
