/**
 * Passwords of keys and PKCS#12 files: read at the first need, and once for each time an identity is
 * loaded. A command is not run twice, and a function not called twice.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { SecretSource } from '../../core/secret-source.ts'
import { says, setting } from '../../core/wording.ts'
import { isUnavailable, readSecret } from './read-secret.ts'
import type { ReadSecretOptions, SecretPorts } from './secret-ports.ts'

/** @param name of what is locked: a file, a TPM key. */
export type Password = (name: string) => Promise<string>

/**
 * Undefined where no password was given.
 *
 * What it returns throws ERR_CONFIG_SECRET_UNAVAILABLE and ERR_CONFIG_FILE_*.
 */
export function rememberedPassword(
  secret: SecretSource | (() => Promise<string>),
  ports: SecretPorts,
  options?: ReadSecretOptions,
): Password
export function rememberedPassword(
  secret: SecretSource | (() => Promise<string>) | undefined,
  ports: SecretPorts,
  options?: ReadSecretOptions,
): Password | undefined
export function rememberedPassword(
  secret: SecretSource | (() => Promise<string>) | undefined,
  ports: SecretPorts,
  options: ReadSecretOptions = {},
): Password | undefined {
  if (secret === undefined) return undefined
  let remembered: Promise<string> | undefined
  return async (name) => {
    const what = `the password of "${name}"`
    remembered ??=
      typeof secret === 'function'
        ? textFrom(secret, what)
        : readSecret(secret, what, ports, options)
    return remembered
  }
}

/** Callers without a type checker may yield anything, and Node's own error would quote it. */
async function textFrom(password: () => Promise<unknown>, what: string): Promise<string> {
  const text = await password()
  if (typeof text === 'string') return text
  throw new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `cannot read ${what}: the function for it yields ${text === null ? 'null' : typeof text}`,
    { hint: 'it must yield a string' },
  )
}

/**
 * The password of what is encrypted although none was named: a person is asked, where one can be.
 *
 * What it returns throws ERR_KEY_PASSWORD_REQUIRED where nobody can be asked, and ERR_CANCELLED.
 */
export function askedPassword(ports: SecretPorts): Password {
  const ask = rememberedPassword(PROMPT, ports)
  return async (name) => {
    try {
      return await ask(name)
    } catch (error) {
      throw isUnavailable(error) ? passwordRequired(name, error) : error
    }
  }
}

const PROMPT: SecretSource = {
  kind: 'prompt',
  argument: '',
  namedBy: says`${setting('keyPassword')}`,
}

function passwordRequired(name: string, cause: RolesAnywhereError): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_PASSWORD_REQUIRED',
    `"${name}" is encrypted and no password was given`,
    {
      hint: says`say where it is with ${setting('keyPassword')}: env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND or prompt`,
      cause,
    },
  )
}
