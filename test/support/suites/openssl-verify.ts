/**
 * The judge of signatures: openssl where it can, the OpenSSL inside Node where it is too old.
 *
 * @module
 */

import { verify, type KeyObject } from 'node:crypto'
import type { Workshop } from '../foreign-data/workshop.ts'

/** Whether `signature` over SHA-256 of the message, or over the message for ML-DSA, is of the key. */
export function opensslVerifies(
  shop: Workshop,
  publicKey: KeyObject,
  message: string,
  signature: Uint8Array,
): boolean {
  if (publicKey.asymmetricKeyType?.startsWith('ml-dsa') === true) {
    // The openssl of most machines is older than ML-DSA; Node brings one that is not.
    return verify(null, Buffer.from(message), publicKey, signature)
  }
  const key = shop.write('judge.key', publicKey.export({ format: 'pem', type: 'spki' }))
  const sealed = shop.write('judge.signature', signature)
  const args = ['dgst', '-sha256', '-verify', key, '-signature', sealed]
  return shop.run('openssl', args, { input: message }).toString().trim() === 'Verified OK'
}
