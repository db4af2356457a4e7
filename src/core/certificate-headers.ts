/**
 * The headers that carry who we are: `X-Amz-X509` and `X-Amz-X509-Chain`.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession", Task 1
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import type { Identity } from './ports.ts'
import { says, setting } from './wording.ts'

/** Most certificates that `X-Amz-X509-Chain` may hold. */
export const MAX_CHAIN_LENGTH = 5

/**
 * Base64 of the DER form, the chain joined by commas; no chain header for an empty chain.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CHAIN_INVALID for more than 5 intermediates.
 */
export function certificateHeaders({
  certificate,
  chain,
}: Pick<Identity, 'certificate' | 'chain'>): Record<string, string> {
  if (chain.length > MAX_CHAIN_LENGTH) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CHAIN_INVALID',
      `the chain holds ${chain.length} intermediate certificates, and Roles Anywhere takes ${MAX_CHAIN_LENGTH}`,
      {
        hint: says`leave out of ${setting('intermediates')} what is not needed, or make a lower CA the trust anchor`,
      },
    )
  }
  return {
    'x-amz-x509': certificate.raw.toString('base64'),
    ...(chain.length > 0 && {
      'x-amz-x509-chain': chain.map(({ raw }) => raw.toString('base64')).join(','),
    }),
  }
}
