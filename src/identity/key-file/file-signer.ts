/**
 * Signs with a private key that was read from a file.
 *
 * @module
 */

import { sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { signingAlgorithmOf, type SigningAlgorithm } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Signer, SignOptions } from '../../core/ports.ts'
import { hashFor, keyInput } from '../node-signature.ts'

/** Holds the key until it is disposed of; shows nothing of it. */
export class FileSigner implements Signer {
  readonly algorithm: SigningAlgorithm
  #key: KeyObject | undefined

  /** @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED. */
  constructor(key: KeyObject) {
    this.algorithm = signingAlgorithmOf(key)
    this.#key = key
  }

  /**
   * Runs in Node's thread pool: a large RSA key takes tens of milliseconds.
   *
   * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED, ERR_CANCELLED.
   */
  async sign(message: Uint8Array, options: SignOptions = {}): Promise<Uint8Array> {
    if (options.signal?.aborted === true) {
      throw new RolesAnywhereError('ERR_CANCELLED', 'cancelled before signing')
    }
    if (this.#key === undefined) {
      throw new RolesAnywhereError('ERR_KEY_SIGN_FAILED', 'the signer was closed')
    }
    try {
      return await promisify(sign)(
        hashFor(this.algorithm, options.hash),
        message,
        keyInput(this.algorithm, this.#key),
      )
    } catch (cause) {
      throw new RolesAnywhereError('ERR_KEY_SIGN_FAILED', 'the key could not make a signature', {
        hint: 'an RSA key may be too small for this hash',
        cause,
      })
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#key = undefined
    return Promise.resolve()
  }
}
