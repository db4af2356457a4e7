/**
 * A new key that only one TPM can use, as a `TSS2 PRIVATE KEY` file: the TPM makes it and gives it out
 * wrapped, under the storage key of the owner hierarchy.
 *
 * @see TPM 2.0 Library, Part 3, section 12.1 (TPM2_Create); draft-bottomley-tpm2-keys section 3.1
 * @module
 */

import { Boolean, Constructed, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { RolesAnywhereError } from '../../core/errors.ts'
import { pemBlock } from '../encoding/write-pem.ts'
import { shapeOf, type KeyKind } from '../key-kind.ts'
import { DEFAULT_TPM_DEVICE, openTpm } from './channel.ts'
import { create, createPrimary } from './commands.ts'
import { RH_OWNER } from './constants.ts'
import { signingKeyTemplate, storageKeyTemplate } from './public-area.ts'
import { explained, withFlush } from './tpm-signer.ts'
import { LOADABLE_KEY } from './tss2-key-file.ts'
import { sized } from './wire.ts'

export interface MakeTpmKeyOptions {
  /** Default `/dev/tpmrm0`. */
  readonly device?: string | undefined
  /** Asked for with every signature from now on. Default: none. */
  readonly password?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED, ERR_KEY_TPM_*, ERR_CANCELLED. */
export async function makeTpmKeyPem(
  kind: KeyKind,
  { device = DEFAULT_TPM_DEVICE, password = '', signal }: MakeTpmKeyOptions,
): Promise<string> {
  const shape = shapeOf(kind)
  if (shape.type !== 'rsa' && shape.type !== 'ec') {
    throw new RolesAnywhereError('ERR_KEY_UNSUPPORTED', 'a TPM makes no ML-DSA keys', {
      hint: 'most make rsa-2048, ec-p256 and ec-p384',
    })
  }
  return await explained('the new key', async () => {
    await using channel = await openTpm(device, signal)
    const primary = await createPrimary(channel, RH_OWNER, storageKeyTemplate(false))
    const made = await withFlush(channel, primary, async (parent) =>
      create(channel, parent, signingKeyTemplate(shape), Buffer.from(password)),
    )
    return pemBlock('TSS2 PRIVATE KEY', keyFile(made, password === ''))
  })
}

/** TPMKey: type, [0] emptyAuth, parent, pubkey, privkey; the last two keep their sizes. */
function keyFile(
  { publicBytes, privateBytes }: { readonly publicBytes: Buffer; readonly privateBytes: Buffer },
  emptyAuth: boolean,
): Buffer {
  const key = new Sequence({
    value: [
      new ObjectIdentifier({ value: LOADABLE_KEY }),
      new Constructed({
        idBlock: { tagClass: CONTEXT, tagNumber: 0 },
        value: [new Boolean({ value: emptyAuth })],
      }),
      new Integer({ value: RH_OWNER }),
      new OctetString({ valueHex: sized(publicBytes) }),
      new OctetString({ valueHex: sized(privateBytes) }),
    ],
  })
  return Buffer.from(key.toBER())
}

const CONTEXT = 3
