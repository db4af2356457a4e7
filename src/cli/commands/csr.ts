/**
 * `csr`: a certificate request (PKCS#10) for any key that can sign, or for a new one.
 *
 * What the request is to say is checked before a key is made or a PIN asked for; the request is the only
 * thing on standard output.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { prepareRequest } from '../../authority/certificate-request.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Signer } from '../../core/ports.ts'
import { says, setting } from '../../core/wording.ts'
import { openSigner } from '../../identity/open-identity.ts'
import { identityOptions, identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'

export async function execute(invocation: Invocation<'csr'>): Promise<void> {
  const { settings, system } = invocation
  const { subject, san = [] } = settings
  const request = prepareRequest({ subject, san })
  const opened = await openKey(invocation)
  await using signer = opened.signer
  const publicKey = opened.publicKey ?? (await givenPublicKey(settings.publicKey))
  const { signal } = system
  await system.writeResult(await request.sign(signer, publicKey, { signal }))
}

interface OpenedKey {
  readonly signer: Signer
  readonly publicKey: KeyObject | undefined
}

async function openKey(invocation: Invocation<'csr'>): Promise<OpenedKey> {
  const { settings, system } = invocation
  const { signerCommand, publicKey, privateKey, generate: kind } = settings
  if (settings.inTpm && kind === undefined) throw withoutKind()
  if (signerCommand !== undefined) {
    if (publicKey === undefined) throw withoutPublicKey(says`${setting('signerCommand')} signs`)
    const { openCommandSigner } = await import('../../identity/command/open-command-signer.ts')
    return await openCommandSigner(signerCommand, publicKey, system.env)
  }
  if (privateKey === undefined) throw withoutKey()
  const options = { ...identityOptions(settings), privateKey }
  const ports = identityPorts(invocation)
  if (kind === undefined) return await openSigner(options, ports)
  const { makeKey } = await import('../../identity/new-key.ts')
  const made = await makeKey({ ...options, kind }, ports)
  system.writeMessage(`${PROGRAM}: new key ${made.place}\n`)
  return made
}

async function givenPublicKey(path: string | undefined): Promise<KeyObject> {
  if (path === undefined) throw withoutPublicKey('the token does not tell the public key')
  const { readPublicKey } = await import('../../identity/command/open-command-signer.ts')
  return await readPublicKey(path)
}

function withoutPublicKey(why: ReturnType<typeof says>): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`${why}, so ${setting('publicKey')} is needed`,
    { hint: says`give ${setting('publicKey')} the file of the public key that belongs to it` },
  )
}

function withoutKey(): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`csr needs ${setting('privateKey')} or ${setting('signerCommand')}`,
    {
      hint: says`give ${setting('privateKey')} the file or pkcs11 URI of a key, or that of a new one with ${setting('generate', 'ec-p256')}`,
    },
  )
}

function withoutKind(): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`${setting('inTpm')} is about a new key, and none is to be made`,
    { hint: says`add ${setting('generate', 'ec-p256')}, or leave ${setting('inTpm')} out` },
  )
}
