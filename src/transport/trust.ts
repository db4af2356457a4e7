/**
 * Which certification authorities a TLS server is verified against.
 *
 * A CA bundle replaces every other root, as `AWS_CA_BUNDLE` does in the SDKs. Without one, Node's own
 * roots come first (with those of `NODE_EXTRA_CA_CERTS`, which Node itself adds), and the system's
 * store only when they do not reach: reading it costs some 60 ms, and its context 40 ms more.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'
import { certificateBlocks, type CaBundle } from './ca-bundle.ts'

export interface Trust {
  /** Source of the CA bundle that replaces the default roots. */
  readonly bundleSource: string | undefined
  secureContext(): SecureContext
  /**
   * After a server's issuer was not found: takes the system's roots in as well.
   *
   * @returns whether that changed anything, so that another try makes sense.
   */
  widen(): boolean
}

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_CA_BUNDLE_INVALID when a bundle holds no certificate or a
 *   broken one.
 */
export function createTrust(bundle: CaBundle | undefined): Trust {
  let ca: readonly string[] | undefined = bundle && certificatesIn(bundle)
  let context: SecureContext | undefined
  let isWidened = false
  return {
    bundleSource: bundle?.source,
    secureContext() {
      context ??= createSecureContext({
        minVersion: 'TLSv1.2',
        ...(ca === undefined ? {} : { ca: [...ca] }),
        // A bundle may hold just the intermediate or the server certificate that somebody trusts.
        ...(bundle === undefined ? {} : { allowPartialTrustChain: true }),
      })
      return context
    },
    widen() {
      if (bundle !== undefined || isWidened) return false
      isWidened = true
      const system = getCACertificates('system')
      if (system.length === 0) return false
      ca = [...new Set([...getCACertificates('default'), ...system])]
      context = undefined
      return true
    },
  }
}

function certificatesIn(bundle: CaBundle): readonly string[] {
  const blocks = certificateBlocks(bundle)
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch (error) {
      throw new RolesAnywhereError(
        'ERR_CONFIG_CA_BUNDLE_INVALID',
        says`certificate ${index + 1} of ${blocks.length} in the CA bundle "${bundle.source}" of ${setting('caBundle')} does not parse`,
        { hint: 'replace or remove that block', cause: error },
      )
    }
  }
  return blocks
}
