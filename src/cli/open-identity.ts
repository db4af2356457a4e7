/**
 * From settings to an identity or a signer: which key source a setting means is decided here.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Identity, Signer } from '../core/ports.ts'
import {
  loadFileIdentity,
  loadFileSigner,
  type FileIdentityOptions,
} from '../identity/files/load-file-identity.ts'
import { parseSecretSource, type SecretPorts } from '../identity/secret/secret-source.ts'
import type { Invocation, SessionInvocation } from './invocation.ts'

type KeyCommand = 'credential-process' | 'sign-string'

/** Certificate, chain and key, checked as one snapshot. */
export async function openIdentity({
  settings,
  system,
  reporter,
}: SessionInvocation): Promise<Identity> {
  return await loadFileIdentity(
    {
      certificate: settings.certificate,
      privateKey: settings.privateKey,
      intermediates: settings.intermediates,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
    },
    { reporter, clock: system.clock, secrets: secretPorts({ system, reporter }) },
  )
}

/** A private key without a certificate. */
export async function openSigner({
  settings,
  system,
  reporter,
}: Invocation<'sign-string'>): Promise<{ signer: Signer; publicKey: KeyObject }> {
  return await loadFileSigner(
    {
      privateKey: settings.privateKey,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
    },
    { reporter, secrets: secretPorts({ system, reporter }) },
  )
}

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

function passwordSource({
  pkcs8Password,
  keyPassword,
}: Invocation<KeyCommand>['settings']): FileIdentityOptions['password'] {
  if (pkcs8Password !== undefined) return async () => Promise.resolve(pkcs8Password)
  return keyPassword === undefined ? undefined : parseSecretSource(keyPassword, '--key-password')
}
