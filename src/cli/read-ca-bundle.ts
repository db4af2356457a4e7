/**
 * Reads `--ca-bundle`. What a bundle must hold is the transport's business.
 *
 * @module
 */

import { readSmallFile } from '../identity/files/read-file.ts'
import type { CaBundle } from '../transport/trust.ts'

/** Whole system stores are used as bundles: some hundred kilobytes. */
const MAX_BUNDLE_BYTES = 16 * 1_048_576

export async function readCaBundle(path: string): Promise<CaBundle> {
  const { bytes } = await readSmallFile(path, '--ca-bundle', MAX_BUNDLE_BYTES)
  return { pem: bytes.toString('latin1'), source: path }
}
