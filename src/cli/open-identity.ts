/**
 * From settings to an identity or a signer: which key source a setting means is decided here.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../core/errors.ts'
import { isPkcs11Uri } from '../core/pkcs11-uri.ts'
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
  if (isPkcs11Uri(settings.certificate) || isPkcs11Uri(settings.privateKey ?? '')) {
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
  const externalKey = commandKey(invocation) ?? tpmHandleKey(invocation)
  return await loadFileIdentity(
    {
      certificate: settings.certificate,
      privateKey: externalKey === undefined ? settings.privateKey : undefined,
      intermediates: settings.intermediates,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
      tpm: tpmAccess(invocation),
      externalKey,
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
  if (isPkcs11Uri(settings.privateKey)) {
    const { openTokenSigner } = await import('./open-token.ts')
    return await openTokenSigner(invocation)
  }
  return await loadFileSigner(
    {
      privateKey: settings.privateKey,
      password: passwordSource(settings),
      strictPermissions: settings.strictPermissions,
      tpm: tpmAccess(invocation),
      externalKey: tpmHandleKey(invocation),
    },
    { reporter, secrets: secretPorts(invocation) },
  )
}

/** `--private-key handle:0x81000001` */
function tpmHandleKey(invocation: KeyInvocation): ExternalKey | undefined {
  const { privateKey } = invocation.settings
  if (privateKey?.startsWith('handle:') !== true) return undefined
  return {
    name: privateKey,
    async open() {
      const { openTpmHandle, parseTpmHandle } = await import('../identity/tpm/open-tpm-key.ts')
      return await openTpmHandle(parseTpmHandle(privateKey), tpmAccess(invocation))
    },
  }
}

/** `--signer-command` */
function commandKey({
  settings: { signerCommand },
  system,
}: SessionInvocation): ExternalKey | undefined {
  if (signerCommand === undefined) return undefined
  return {
    name: '--signer-command',
    async open(leaves) {
      const { openCommandKey } = await import('../identity/command/command-signer.ts')
      return openCommandKey(signerCommand, leaves, system.env)
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
