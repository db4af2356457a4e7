/**
 * Reads `--ca-bundle`. What a bundle must hold is the transport's business.
 *
 * @module
 */

import { says, setting } from '../core/wording.ts'
import { readSmallFile } from '../machine/read-file.ts'
import { MAX_CA_BUNDLE_BYTES, type CaBundle } from '../transport/trust.ts'

export async function readCaBundle(path: string): Promise<CaBundle> {
  const { bytes } = await readSmallFile(path, says`${setting('caBundle')}`, MAX_CA_BUNDLE_BYTES)
  return { pem: bytes.toString('latin1'), source: path }
}
