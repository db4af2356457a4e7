/**
 * Signs with a private key that was read from a file.
 *
 * @module
 */

import { constants, sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { signingAlgorithmOf, type SigningAlgorithm } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Signer, SignOptions } from '../../core/ports.ts'

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
    const hash = options.hash ?? this.algorithm.hash
    // Said in full: for some keys Node's defaults are another padding or encoding.
    const form =
      this.algorithm.signatureEncoding === 'pkcs1-v1_5'
        ? { key: this.#key, padding: constants.RSA_PKCS1_PADDING }
        : { key: this.#key, dsaEncoding: 'der' as const }
    try {
      return await promisify(sign)(hash, message, form)
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
