/**
 * The signature of a signing algorithm in the terms of `node:crypto`, said in full: for some keys
 * Node's defaults are another padding or encoding.
 *
 * @module
 */

import { constants, verify, type KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '../core/algorithms.ts'
import type { SignOptions } from '../core/ports.ts'

/** The first argument of `sign` and `verify`; an algorithm without a hash takes no other either. */
export function hashFor(algorithm: SigningAlgorithm, asked: SignOptions['hash']): string | null {
  return algorithm.hash === null ? null : (asked ?? algorithm.hash)
}

/** The key argument of `sign` and `verify`. */
export function keyInput(
  { signatureEncoding }: SigningAlgorithm,
  key: KeyObject,
): { key: KeyObject; padding?: number; dsaEncoding?: 'der' } {
  switch (signatureEncoding) {
    case 'pkcs1-v1_5':
      return { key, padding: constants.RSA_PKCS1_PADDING }
    case 'ecdsa-der':
      return { key, dsaEncoding: 'der' }
    case 'ml-dsa':
      return { key }
  }
}

/** Whether a signature is one by this key; false for what is no signature at all. */
export function isSignatureOf(
  signature: Uint8Array,
  message: Uint8Array,
  by: { readonly algorithm: SigningAlgorithm; readonly publicKey: KeyObject },
  hash?: SignOptions['hash'],
): boolean {
  try {
    const input = keyInput(by.algorithm, by.publicKey)
    return verify(hashFor(by.algorithm, hash), message, input, signature)
  } catch {
    return false
  }
}
