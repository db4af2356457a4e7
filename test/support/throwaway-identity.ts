/**
 * An identity for tests of what comes after loading: a throwaway certificate with a key held in memory.
 *
 * @module
 */

import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { signingAlgorithmOf } from '../../src/core/algorithms.ts'
import type { Identity } from '../../src/core/ports.ts'
import { createAuthority, type CertificateOptions } from '../../src/emulator/throwaway-pki.ts'

/** An identity under a fresh authority. */
export async function throwawayIdentity(options: CertificateOptions = {}): Promise<Identity> {
  const authority = await createAuthority()
  const { certificatePem, privateKeyPem } = await authority.issue(options)
  const key = createPrivateKey(privateKeyPem)
  const dispose = async (): Promise<void> => Promise.resolve()
  return {
    certificate: new X509Certificate(certificatePem),
    chain: [],
    signer: {
      algorithm: signingAlgorithmOf(key),
      sign: async (message) => Promise.resolve(sign('sha256', message, key)),
      [Symbol.asyncDispose]: dispose,
    },
    [Symbol.asyncDispose]: dispose,
  }
}
