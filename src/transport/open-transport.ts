/**
 * The way to AWS as settings and the library's options describe it.
 *
 * @module
 */

import { VERSION } from '../core/version.ts'
import { says, setting } from '../core/wording.ts'
import { readSmallFile } from '../machine/read-file.ts'
import { createTransport, type Observer, type Transport } from './send.ts'
import type { CaBundle } from './ca-bundle.ts'

/** Under the names of the settings. */
export interface TransportSettings {
  /** Path of a PEM file with the only authorities to trust. Default: Node's and the system's. */
  readonly caBundle?: string | undefined
  /** Default: none. */
  readonly proxy?: string | undefined
  /** Hosts to reach without it. */
  readonly noProxy?: string | undefined
  /** Default false. */
  readonly noVerifySsl?: boolean | undefined
}

/**
 * @param caller what sends, for the `user-agent`: a platform, or `node` for the library.
 * @param observer looks on, for those who explain what happened.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_*, ERR_CONFIG_CA_BUNDLE_INVALID.
 */
export async function openTransport(
  { caBundle, proxy, noProxy, noVerifySsl }: TransportSettings,
  caller: string,
  observer?: Observer,
): Promise<Transport> {
  return createTransport({
    userAgent: `rolesanywhere/${VERSION} (${caller})`,
    caBundle: caBundle === undefined ? undefined : await readCaBundle(caBundle),
    proxy: { httpsProxy: proxy, noProxy },
    verifyTls: noVerifySsl !== true,
    observer,
  })
}

/** Whole system stores, of some hundred kilobytes, are used as bundles. */
const MAX_CA_BUNDLE_BYTES = 16 * 1_048_576

async function readCaBundle(path: string): Promise<CaBundle> {
  const { bytes } = await readSmallFile(path, says`${setting('caBundle')}`, MAX_CA_BUNDLE_BYTES)
  return { pem: bytes.toString('latin1'), source: path }
}
