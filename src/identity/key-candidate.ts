/**
 * Private keys as the search for the right one sees them, whatever holds them.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
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

/** A key that no file of the identity holds: a persistent TPM object, or a command. */
export interface ExternalKey {
  /** For messages: the setting's value, or what stands for it. */
  readonly name: string
  /**
   * @param leaves the certificates that may be the key's, for a key that cannot tell its public half.
   * @throws {RolesAnywhereError} codes of the key family.
   */
  open(leaves: readonly X509Certificate[]): Promise<OpenedKey>
}
