/**
 * The kinds of secret source, one row each: what may follow the colon, what messages call it, and how
 * it is read.
 *
 * @see systemd.exec(5), Credentials
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import { checkPermissions, readSmallFile } from '../files/read-file.ts'
import type { ReadSecretOptions, SecretKind, SecretPorts, SecretSource } from './secret-source.ts'

export interface SecretRequest {
  readonly source: SecretSource
  readonly what: string
  readonly ports: SecretPorts
  readonly options: ReadSecretOptions
  readonly maxBytes: number
}

export interface SecretKindRow {
  readonly argument: { readonly name: string; readonly pattern: RegExp } | undefined
  describe(argument: string, setting: string): string
  /** `undefined` for more than `maxBytes`. */
  read(request: SecretRequest): Promise<Buffer | undefined>
}

/** Every kind of source: a new one is a new row. */
export const SECRET_KINDS: Readonly<Record<SecretKind, SecretKindRow>> = {
  env: {
    argument: { name: 'the name of a variable', pattern: /^[A-Za-z_][A-Za-z0-9_]*$/u },
    describe: (argument) => `the environment variable ${argument}`,
    read({ source, what, ports }) {
      const value = ports.env[source.argument]
      if (value === undefined) return Promise.reject(unavailable(source, what, 'is not set'))
      return Promise.resolve(Buffer.from(value))
    },
  },
  file: {
    argument: { name: 'a path', pattern: /./su },
    describe: (argument) => `the file "${argument}"`,
    async read({ source, ports, options, maxBytes }) {
      const file = await readSmallFile(source.argument, source.setting, maxBytes)
      checkPermissions(file, 'secret', { reporter: ports.reporter, ...options })
      return file.bytes
    },
  },
  fd: {
    // 1 and 2 are where we write.
    argument: {
      name: 'the number of an open descriptor (0, or 3 and up)',
      pattern: /^(?:0|[3-9]|[1-9][0-9]{1,5})$/u,
    },
    describe: (argument) => `file descriptor ${argument}`,
    async read({ source, what, ports, maxBytes }) {
      const { readDescriptor } = await import('./read-descriptor.ts')
      try {
        return await readDescriptor(Number(source.argument), maxBytes, ports.signal)
      } catch (cause) {
        const problem = ports.signal?.aborted === true ? 'was cancelled' : 'cannot be read'
        throw unavailable(source, what, problem, cause)
      }
    },
  },
  stdin: {
    argument: undefined,
    describe: () => 'standard input',
    read: ({ ports }) => ports.readStdin(),
  },
  cmd: {
    argument: { name: 'a shell command', pattern: /\S/u },
    describe: (_, setting) => `the output of the command in ${setting}`,
    async read({ source, what, ports, maxBytes }) {
      const { runCommand } = await import('./run-command.ts')
      const { env, signal } = ports
      const result = await runCommand(source.argument, { env, signal, maxBytes })
      if ('output' in result) return result.output
      throw unavailable(source, what, result.problem)
    },
  },
  credential: {
    argument: { name: 'the name of a systemd credential', pattern: /^(?!\.{1,2}$)[^/\0]{1,255}$/u },
    describe: (argument) => `the systemd credential ${argument}`,
    async read({ source, what, ports, maxBytes }) {
      const folder = ports.env['CREDENTIALS_DIRECTORY']
      if (folder === undefined || folder === '') {
        throw unavailable(source, what, 'is not there: $CREDENTIALS_DIRECTORY is not set')
      }
      // No look at the mode: systemd grants access by an ACL, which shows as group bits.
      const path = join(folder, source.argument)
      return (await readSmallFile(path, source.setting, maxBytes)).bytes
    },
  },
  prompt: {
    argument: undefined,
    describe: () => 'the answer on the terminal',
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
  const place = SECRET_KINDS[source.kind].describe(source.argument, source.setting)
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `cannot read ${what}: ${place} ${problem}`,
    { hint: `check ${source.setting}`, detail: { setting: source.setting }, cause },
  )
}
