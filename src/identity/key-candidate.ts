/**
 * Private keys as the search for the right one sees them, whatever holds them.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Signer } from '../core/ports.ts'

export interface OpenedKey {
  readonly publicKey: KeyObject
  readonly signer: Signer
}

/** A private key that was found, not opened yet: opening may take a password or a device. */
export interface KeyCandidate {
  /** @throws {RolesAnywhereError} codes of the key family. */
  open(): Promise<OpenedKey>
}
