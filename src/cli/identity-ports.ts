/**
 * What opening identities needs of this run of the command line.
 *
 * @module
 */

import type { IdentityPorts, Secret } from '../identity/identity-options.ts'
import { SecretMemory } from '../identity/secret/secret-memory.ts'
import type { Invocation } from './invocation.ts'
import type { PromptWay } from './prompt/prompt-ports.ts'

interface AskingInvocation extends Pick<Invocation, 'system' | 'reporter'> {
  readonly settings: { readonly prompt?: PromptWay }
}

/** @param memory - one for all roles of an invocation: nobody is asked, and no pipe is read, twice */
export function identityPorts(
  { settings, system, reporter }: AskingInvocation,
  memory: SecretMemory = new SecretMemory(),
): IdentityPorts {
  return {
    clock: system.clock,
    reporter,
    secrets: {
      env: system.env,
      reporter,
      prompt: async (question, problem) =>
        system.prompt(question, { way: settings.prompt, problem }),
      readStdin: async () => system.readStdin(),
      signal: system.signal,
      memory,
    },
    tell(line) {
      // SDKs capture stderr, so a person sees only what is written to the terminal itself.
      void system.tellPerson(line).then((isTold) => {
        if (!isTold) reporter.warn(line)
      })
    },
  }
}

/** Settings as options of an identity: a password on the command line itself is one like any other. */
export function identityOptions<
  S extends { readonly keyPassword?: Secret; readonly pkcs8Password?: Secret },
>(settings: S): S & { readonly keyPassword: Secret | undefined } {
  return { ...settings, keyPassword: settings.pkcs8Password ?? settings.keyPassword }
}
