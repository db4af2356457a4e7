/**
 * The password of keys and PKCS#12 files: read at the first need, once. A prompt must not come twice,
 * and a pipe cannot.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { SecretSource } from '../../core/secret-source.ts'
import { says, setting } from '../../core/wording.ts'
import { readSecret } from './read-secret.ts'
import type { SecretPorts } from './secret-ports.ts'

export interface PasswordOptions {
  /** Where the password is, or what yields it. Asked only when something is encrypted. */
  readonly password?: SecretSource | (() => Promise<string>) | undefined
  /** Refuse a key or password file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
}

export interface RememberedPassword {
  readonly hasPassword: boolean
  readonly strictPermissions: boolean | undefined
  /**
   * @param name of the file that needs it.
   * @throws {RolesAnywhereError} ERR_KEY_PASSWORD_REQUIRED, ERR_CONFIG_SECRET_UNAVAILABLE.
   */
  readonly password: (name: string) => Promise<string>
}

export function rememberedPassword(
  { password, strictPermissions }: PasswordOptions,
  secrets: SecretPorts,
): RememberedPassword {
  let remembered: Promise<string> | undefined
  return {
    hasPassword: password !== undefined,
    strictPermissions,
    password: (name) => {
      if (password === undefined) return Promise.reject(passwordRequired(name))
      const what = `the password of "${name}"`
      remembered ??=
        typeof password === 'function'
          ? textFrom(password, what)
          : readSecret(password, what, secrets, { strictPermissions })
      return remembered
    },
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

export function passwordRequired(name: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_PASSWORD_REQUIRED',
    `the private key in "${name}" is encrypted and no password was given`,
    {
      hint: says`say where it is with ${setting('keyPassword')}: env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND or prompt`,
    },
  )
}
