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

export interface CaBundle {
  /** One or more CERTIFICATE blocks; text around them is ignored. */
  readonly pem: string
  /** The file or setting it came from, for messages. */
  readonly source: string
}

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
  let ca = bundle === undefined ? undefined : certificatesIn(bundle)
  let context: SecureContext | undefined
  let isWidened = false
  return {
    bundleSource: bundle?.source,
    secureContext() {
      context ??= createSecureContext({
        minVersion: 'TLSv1.2',
        ...(ca === undefined ? {} : { ca }),
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

const CERTIFICATE_BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

function certificatesIn({ pem, source }: CaBundle): string[] {
  const blocks = pem.match(CERTIFICATE_BLOCK) ?? []
  if (blocks.length === 0) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CA_BUNDLE_INVALID',
      says`the CA bundle "${source}" of ${setting('caBundle')} holds no PEM certificate`,
      { hint: 'give a file with one or more -----BEGIN CERTIFICATE----- blocks' },
    )
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch (error) {
      throw new RolesAnywhereError(
        'ERR_CONFIG_CA_BUNDLE_INVALID',
        says`certificate ${index + 1} of ${blocks.length} in the CA bundle "${source}" of ${setting('caBundle')} does not parse`,
        { hint: 'replace or remove that block', cause: error },
      )
    }
  }
  return blocks
}
