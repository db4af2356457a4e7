/**
 * Signing keys that live in a TPM under persistent handles; no password is sent.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { openTpm, type TpmChannel } from './channel.ts'
import { persistentHandles, readPublic, TpmResponseError } from './commands.ts'
import { checkMaySign, NotASigningKey, readPublicArea } from './public-area.ts'
import { TpmFormatError } from './wire.ts'

export interface PersistentKey {
  readonly handle: number
  readonly publicKey: KeyObject
}

/**
 * Empty where there is no TPM, or none that this user may use.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for an address, ERR_CANCELLED.
 */
export async function persistentKeys(
  device: string,
  signal?: AbortSignal,
): Promise<readonly PersistentKey[]> {
  try {
    await using channel = await openTpm(device, signal)
    const found: PersistentKey[] = []
    for (const handle of await persistentHandles(channel)) {
      found.push(...(await signingKeyAt(channel, handle)))
    }
    return found
  } catch (error) {
    const isAbsent = error instanceof RolesAnywhereError && error.code === 'ERR_KEY_TPM_UNAVAILABLE'
    if (isAbsent || error instanceof TpmResponseError || error instanceof TpmFormatError) return []
    throw error
  }
}

async function signingKeyAt(
  channel: TpmChannel,
  handle: number,
): Promise<readonly PersistentKey[]> {
  try {
    const area = readPublicArea(await readPublic(channel, handle))
    checkMaySign(area)
    return [{ handle, publicKey: area.publicKey }]
  } catch (error) {
    if (error instanceof NotASigningKey) return []
    throw error
  }
}
