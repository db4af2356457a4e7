/**
 * How each kind of secret source is read, and what messages call it: one row each.
 *
 * @see systemd.exec(5), Credentials
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import { checkPermissions, readSmallFile } from '../../machine/read-file.ts'
import type { SecretKind, SecretSource } from '../../core/secret-source.ts'
import { says, type Wording } from '../../core/wording.ts'
import type { ReadSecretOptions, SecretPorts } from './secret-ports.ts'

export interface SecretRequest {
  readonly source: SecretSource
  readonly what: string
  readonly ports: SecretPorts
  readonly options: ReadSecretOptions
  readonly maxBytes: number
}

export interface SecretReader {
  describe(source: SecretSource): Wording
  /** What remembers a source that can be read only once. Others are read anew each time. */
  once?(request: Pick<SecretRequest, 'source' | 'what' | 'options'>): string
  /** `undefined` for more than `maxBytes`. */
  read(request: SecretRequest): Promise<Buffer | undefined>
}

export const SECRET_READERS: Readonly<Record<SecretKind, SecretReader>> = {
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
    describe: () => 'the answer on the terminal',
    once: ({ what, options }) => `prompt:${options.subject ?? what}`,
    async read({ what, ports }) {
      return Buffer.from(await ports.prompt(`${what}: `))
    },
  },
}

/**
 * The error for a source that yields nothing that can be used.
 *
 * @param what names the secret.
 */
export function unavailable(
  source: SecretSource,
  what: string,
  problem: string,
  cause?: unknown,
): RolesAnywhereError {
  const place = SECRET_READERS[source.kind].describe(source)
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    says`cannot read ${what}: ${place} ${problem}`,
    { hint: says`check ${source.namedBy}`, cause },
  )
}
