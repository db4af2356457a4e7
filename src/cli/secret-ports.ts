/**
 * What reading a secret needs of the world, for every kind of key.
 *
 * @module
 */

import type { SecretPorts } from '../identity/secret/secret-source.ts'
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
