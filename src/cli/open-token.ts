/**
 * From settings to what is on a PKCS#11 token. Loaded only when a setting names one.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Pkcs11Uri } from '../core/pkcs11-uri.ts'
import type { Identity, Signer } from '../core/ports.ts'
import { loadPkcs11Identity } from '../identity/pkcs11/token/load-pkcs11-identity.ts'
import {
  loadPkcs11Signer,
  readTokenCertificates,
  type TokenCertificate,
} from '../identity/pkcs11/token/load-pkcs11-signer.ts'
import { listPkcs11, type TokenListing } from '../identity/pkcs11/token/list-tokens.ts'
import type { Pkcs11Ports, TokenOptions } from '../identity/pkcs11/token/open-tokens.ts'
import type { Settings } from '../settings/settings-table.ts'
import type { Invocation, SessionInvocation } from './invocation.ts'
import { passwordSource, secretPorts } from './secret-ports.ts'

type TokenInvocation = Pick<Invocation, 'system' | 'reporter'> & {
  readonly settings: Pick<Settings<'pkcs11 list'>, 'pkcs11Lib' | 'pin' | 'allowFinalPinTry'> &
    Partial<Pick<Settings<'sign-string'>, 'reusePin'>>
}

export async function openTokenIdentity(invocation: SessionInvocation): Promise<Identity> {
  const { settings } = invocation
  return await loadPkcs11Identity(
    {
      ...tokenOptions(invocation),
      certificate: settings.certificate,
      privateKey: settings.privateKey,
      intermediates: settings.intermediates,
      certSelector: settings.certSelector,
      password: passwordSource(settings),
      useLatestExpiring: settings.useLatestExpiringCertificate,
    },
    tokenPorts(invocation),
  )
}

export async function openTokenSigner(
  uri: Pkcs11Uri,
  invocation: Invocation<'sign-string'>,
): Promise<{ signer: Signer; publicKey: KeyObject | undefined }> {
  return await loadPkcs11Signer({ ...tokenOptions(invocation), uri }, tokenPorts(invocation))
}

export async function openTokenCertificates(
  uri: Pkcs11Uri,
  invocation: Invocation<'read-certificate-data'>,
): Promise<readonly TokenCertificate[]> {
  const { certSelector } = invocation.settings
  return await readTokenCertificates(
    { ...tokenOptions(invocation), uri, certSelector },
    tokenPorts(invocation),
  )
}

export async function listTokens(invocation: Invocation<'pkcs11 list'>): Promise<TokenListing> {
  const { token, login } = invocation.settings
  return await listPkcs11(
    { ...tokenOptions(invocation), uri: token, login },
    tokenPorts(invocation),
  )
}

function tokenOptions({ settings }: TokenInvocation): TokenOptions {
  return {
    library: settings.pkcs11Lib,
    pin: settings.pin,
    reusePin: settings.reusePin,
    allowFinalPinTry: settings.allowFinalPinTry,
  }
}

function tokenPorts({ system, reporter }: TokenInvocation): Pkcs11Ports {
  return {
    clock: system.clock,
    reporter,
    secrets: secretPorts({ system, reporter }),
    tell(line) {
      // SDKs capture stderr, so a person sees only what is written to the terminal itself.
      void system.tellPerson(line).then((isTold) => {
        if (!isTold) reporter.warn(line)
      })
    },
  }
}
