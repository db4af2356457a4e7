/**
 * From settings to an identity or a signer: which key source a setting means is decided here.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { isPkcs11Uri } from '../core/pkcs11-uri.ts'
import type { Identity, Signer } from '../core/ports.ts'
import {
  loadFileIdentity,
  loadFileSigner,
  type FileIdentityOptions,
} from '../identity/files/load-file-identity.ts'
import { parseSecretSource } from '../identity/secret/secret-source.ts'
import type { Invocation } from './invocation.ts'
import { secretPorts } from './secret-ports.ts'

type KeyCommand = 'credential-process' | 'sign-string'

/** Certificate, chain and key, checked as one snapshot. */
export async function openIdentity(
  invocation: Invocation<'credential-process'>,
): Promise<Identity> {
  const { settings, system, reporter } = invocation
  if (isPkcs11Uri(settings.certificate) || isPkcs11Uri(settings.privateKey ?? '')) {
    const { openTokenIdentity } = await import('./open-token.ts')
    return await openTokenIdentity(invocation)
  }
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
export async function openSigner(
  invocation: Invocation<'sign-string'>,
): Promise<{ signer: Signer; publicKey: KeyObject | undefined }> {
  const { settings, system, reporter } = invocation
  if (isPkcs11Uri(settings.privateKey)) {
    const { openTokenSigner } = await import('./open-token.ts')
    return await openTokenSigner(invocation)
  }
  return await loadFileSigner(
    {
      privateKey: settings.privateKey,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
    },
    { reporter, secrets: secretPorts({ system, reporter }) },
  )
}

function passwordSource({
  pkcs8Password,
  keyPassword,
}: Invocation<KeyCommand>['settings']): FileIdentityOptions['password'] {
  if (pkcs8Password !== undefined) return async () => Promise.resolve(pkcs8Password)
  return keyPassword === undefined ? undefined : parseSecretSource(keyPassword, '--key-password')
}
