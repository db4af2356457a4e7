/**
 * A bundle of authorities as text: what can be said of it before TLS is loaded.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'

export interface CaBundle {
  /** One or more CERTIFICATE blocks; text around them is ignored. */
  readonly pem: string
  /** The file or setting it came from, for messages. */
  readonly source: string
}

const CERTIFICATE_BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** @throws {RolesAnywhereError} ERR_CONFIG_CA_BUNDLE_INVALID when there is none. */
export function certificateBlocks({ pem, source }: CaBundle): readonly string[] {
  const blocks = pem.match(CERTIFICATE_BLOCK) ?? []
  if (blocks.length > 0) return blocks
  throw new RolesAnywhereError(
    'ERR_CONFIG_CA_BUNDLE_INVALID',
    says`the CA bundle "${source}" of ${setting('caBundle')} holds no PEM certificate`,
    { hint: 'give a file with one or more -----BEGIN CERTIFICATE----- blocks' },
  )
}
