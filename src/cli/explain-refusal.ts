/**
 * A refusal of AWS with what the doctor finds about it. His part is loaded only then.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { CertificateLocation } from '../core/key-location.ts'
import type { Clock, Identity } from '../core/ports.ts'

/** What `work` comes to. */
export async function explainingRefusals<T>(
  work: Promise<T>,
  identity: Identity,
  { certificate, clock }: { readonly certificate: CertificateLocation; readonly clock: Clock },
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RolesAnywhereError) || error.code !== 'ERR_SERVICE_ACCESS_DENIED') {
      throw error
    }
    const { withFindings } = await import('../doctor/explain-refusal.ts')
    throw await withFindings(error, { identity, certificate, clock })
  }
}
