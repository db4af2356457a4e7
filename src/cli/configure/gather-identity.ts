/**
 * Certificate and key: as flags name them, or chosen among those that are found.
 *
 * @module
 */

import {
  identitiesIn,
  identitiesOnTokens,
  type FoundIdentity,
} from '../../configure/find-identities.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import {
  parseCertificateLocation,
  parseKeyLocation,
  type CertificateLocation,
  type KeyLocation,
} from '../../core/key-location.ts'
import { says, setting } from '../../core/wording.ts'
import { expandHome } from '../../machine/home-folder.ts'
import type { Conversation } from '../conversation.ts'
import { identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'
import type { OpenedLater } from './opened-later.ts'

export interface GatheredIdentity {
  readonly certificate: CertificateLocation
  readonly privateKey?: KeyLocation | undefined
}

/** @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_MISSING, ERR_CONFIG_CERTIFICATE_AMBIGUOUS, ERR_CANCELLED. */
export async function gatherIdentity(
  invocation: Invocation<'configure'>,
  conversation: OpenedLater,
): Promise<GatheredIdentity> {
  const { settings, system } = invocation
  const { certificate, privateKey } = settings
  if (certificate !== undefined) return { certificate, privateKey }
  const folder = settings.folder ?? system.currentFolder()
  const found = [
    ...(await identitiesIn(folder, { device: settings.tpmDevice, signal: system.signal })),
    ...(await identitiesOnTokens(settings, identityPorts(invocation))),
  ]
  const open = await conversation.get()
  if (open !== undefined) return await choose(found, folder, open, invocation)
  const [only, ...others] = found
  if (only === undefined) throw noneFound(folder)
  if (others.length > 0) throw severalFound(found)
  return asGathered(only)
}

async function choose(
  found: readonly FoundIdentity[],
  folder: string,
  conversation: Conversation,
  { system }: Invocation<'configure'>,
): Promise<GatheredIdentity> {
  conversation.tell(
    found.length === 0
      ? `No certificate with its key in ${folder}, and none on a token.\n`
      : found.map((one, index) => `${index + 1}) ${describe(one)}\n`).join(''),
  )
  const byDefault = found.length === 0 ? '' : ' [1]'
  for (;;) {
    const answer = await conversation.ask(
      `Certificate: a ${found.length === 0 ? '' : 'number, or a '}path or pkcs11: URI${byDefault}: `,
    )
    const chosen = found[answer === '' ? 0 : Number(answer) - 1]
    if (chosen !== undefined) return asGathered(chosen)
    if (answer === '' || /^\d+$/u.test(answer)) continue
    const toPath = (path: string): string => expandHome(path, system)
    const key = await conversation.ask('Private key [with the certificate]: ')
    return {
      certificate: parseCertificateLocation(answer, 'certificate', toPath),
      ...(key !== '' && { privateKey: parseKeyLocation(key, 'privateKey', toPath) }),
    }
  }
}

function asGathered({ certificate, privateKey }: FoundIdentity): GatheredIdentity {
  return {
    certificate: parseCertificateLocation(certificate, 'certificate'),
    ...(privateKey !== undefined && { privateKey: parseKeyLocation(privateKey, 'privateKey') }),
  }
}

function describe({ subject, notAfter, certificate, privateKey, note }: FoundIdentity): string {
  const until = notAfter.toISOString().slice(0, 10)
  const key = privateKey === undefined ? '' : ` with ${privateKey}`
  return `${subject}, until ${until}: ${certificate}${key}${note === undefined ? '' : ` (${note})`}`
}

function noneFound(folder: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_MISSING',
    `no certificate with its key was found in "${folder}", none with a key in the TPM, and none on a token`,
    {
      hint: says`name it with ${setting('certificate')} and ${setting('privateKey')}, or its folder with ${setting('folder')}`,
    },
  )
}

function severalFound(found: readonly FoundIdentity[]): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_AMBIGUOUS',
    `several certificates were found: ${found.map(({ certificate }) => certificate).join(', ')}`,
    { hint: says`name one with ${setting('certificate')}` },
  )
}
