/**
 * What reading a secret needs of the world, for every kind of key.
 *
 * @module
 */

import type { PasswordOptions } from '../identity/secret/remembered-password.ts'
import type { SecretPorts } from '../identity/secret/secret-ports.ts'
import type { Invocation } from './invocation.ts'

export function secretPorts({
  system,
  reporter,
}: Pick<Invocation, 'system' | 'reporter'>): SecretPorts {
  return {
    env: system.env,
    reporter,
    prompt: async (question) => system.prompt(question),
    readStdin: async () => system.readStdin(),
    signal: system.signal,
  }
}

export function passwordSource({
  pkcs8Password,
  keyPassword,
}: Pick<
  Invocation<'credential-process'>['settings'],
  'pkcs8Password' | 'keyPassword'
>): PasswordOptions['password'] {
  if (pkcs8Password !== undefined) return async () => Promise.resolve(pkcs8Password)
  return keyPassword
}
