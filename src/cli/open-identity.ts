/**
 * From settings to an identity or a signer: which key source a setting means is decided here.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../core/errors.ts'
import {
  describeLocation,
  type ContentLocation,
  type KeyLocation,
  type TokenLocation,
} from '../core/key-location.ts'
import type { Identity, Signer } from '../core/ports.ts'
import { loadFileIdentity, loadFileSigner } from '../identity/content/load-file-identity.ts'
import type { ExternalKey } from '../identity/key-candidate.ts'
import { readSecret } from '../identity/secret/read-secret.ts'
import type { TpmAccess } from '../identity/tpm/tpm-access.ts'
import type { Invocation, SessionInvocation } from './invocation.ts'
import { passwordSource, secretPorts } from './secret-ports.ts'

type KeyCommand = 'credential-process' | 'sign-string'
type KeyInvocation = Pick<Invocation<KeyCommand>, 'settings' | 'system' | 'reporter'>

/** Certificate, chain and key, checked as one snapshot. */
export async function openIdentity(invocation: SessionInvocation): Promise<Identity> {
  const { settings, system, reporter } = invocation
  const { certificate, privateKey } = settings
  if (certificate.kind === 'pkcs11' || privateKey?.kind === 'pkcs11') {
    if (settings.signerCommand !== undefined) {
      throw new RolesAnywhereError(
        'ERR_USAGE_CONFLICT',
        '--signer-command takes its certificate from a file, and a pkcs11 URI is given',
        { hint: 'leave out --signer-command, or give --certificate a file' },
      )
    }
    const { openTokenIdentity } = await import('./open-token.ts')
    return await openTokenIdentity(invocation)
  }
  return await loadFileIdentity(
    {
      certificate,
      ...keyPlace(privateKey, invocation),
      intermediates: settings.intermediates,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
      tpm: tpmAccess(invocation),
      ...commandKey(invocation),
      certSelector: settings.certSelector,
      useLatestExpiring: settings.useLatestExpiringCertificate,
    },
    { reporter, clock: system.clock, secrets: secretPorts(invocation) },
  )
}

/** A private key without a certificate. */
export async function openSigner(
  invocation: Invocation<'sign-string'>,
): Promise<{ signer: Signer; publicKey: KeyObject | undefined }> {
  const { settings, reporter } = invocation
  const { privateKey } = settings
  if (privateKey.kind === 'pkcs11') {
    const { openTokenSigner } = await import('./open-token.ts')
    return await openTokenSigner(privateKey.uri, invocation)
  }
  return await loadFileSigner(
    {
      ...keyPlace(privateKey, invocation),
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
      tpm: tpmAccess(invocation),
    },
    { reporter, secrets: secretPorts(invocation) },
  )
}

/** A key as content to be read, or as one that lives in a TPM. */
function keyPlace(
  location: Exclude<KeyLocation, TokenLocation> | undefined,
  invocation: KeyInvocation,
): { readonly privateKey?: ContentLocation | undefined; readonly externalKey?: ExternalKey } {
  if (location?.kind !== 'tpm-handle') return { privateKey: location }
  return {
    externalKey: {
      name: describeLocation(location),
      async open() {
        const { openTpmHandle } = await import('../identity/tpm/open-tpm-key.ts')
        return await openTpmHandle(location.handle, tpmAccess(invocation))
      },
    },
  }
}

/** `--signer-command`, which excludes a private key. */
function commandKey({ settings: { signerCommand }, system }: SessionInvocation): {
  readonly externalKey?: ExternalKey
} {
  if (signerCommand === undefined) return {}
  return {
    externalKey: {
      name: '--signer-command',
      async open(leaves) {
        const { openCommandKey } = await import('../identity/command/command-signer.ts')
        return openCommandKey(signerCommand, leaves, system.env)
      },
    },
  }
}

function tpmAccess(invocation: KeyInvocation): TpmAccess {
  const { tpmDevice, tpmKeyPassword, noTpmKeyPassword } = invocation.settings
  return {
    device: tpmDevice,
    password: tpmPassword(invocation, tpmKeyPassword),
    noPassword: noTpmKeyPassword,
  }
}

/** The password of key files is that of TPM keys too, so that it need not be on the command line. */
function tpmPassword(
  invocation: KeyInvocation,
  tpmKeyPassword: string | undefined,
): TpmAccess['password'] {
  if (tpmKeyPassword !== undefined) return async () => Promise.resolve(tpmKeyPassword)
  const source = passwordSource(invocation.settings)
  if (source === undefined || typeof source === 'function') return source
  return async () =>
    await readSecret(source, 'the password of the TPM key', secretPorts(invocation))
}
