/**
 * A key on a token without its certificate, for `sign-string`; and certificates without their keys,
 * for `read-certificate-data`.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { ACCEPTED_KEYS } from '../../../core/algorithms.ts'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Signer } from '../../../core/ports.ts'
import type { CertificateOptions, TokenOptions } from '../../identity-options.ts'
import type { KeyCriteria } from './choose-key.ts'
import { findCertificates, selectorTest } from './find-certificate.ts'
import { findKey } from './find-key.ts'
import { algorithmOfKey } from './mechanisms.ts'
import { OpenTokens, type Pkcs11Ports } from './open-tokens.ts'
import { Pkcs11Signer } from './pkcs11-signer.ts'
import { publicKeyOf } from './public-key.ts'
import { objectUri, withoutType } from './token-uri.ts'

/**
 * The key that a URI names, and its public key where the token tells it.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function loadPkcs11Signer(
  options: TokenOptions & { readonly uri: Pkcs11Uri },
  ports: Pkcs11Ports,
): Promise<{ readonly signer: Signer; readonly publicKey: KeyObject | undefined }> {
  await using tokens = new OpenTokens(options, ports)
  const { uri } = options
  const criteria: KeyCriteria = { uri: withoutType(uri), isExplicit: true }
  const found = await findKey(await tokens.matching(uri), criteria)
  const algorithm = algorithmOfKey(found.key)
  if (algorithm === undefined) {
    throw new RolesAnywhereError(
      'ERR_KEY_UNSUPPORTED',
      `the key on ${found.token.name} is of a type that cannot sign CreateSession`,
      { hint: ACCEPTED_KEYS },
    )
  }
  const publicKey = publicKeyOf(found.key, (await found.token.objects()).publicKeys)
  tokens.keep(found.token)
  const signer = new Pkcs11Signer({ algorithm, publicKey, found, criteria, tell: ports.tell })
  return { signer, publicKey }
}

export interface TokenCertificate {
  readonly certificate: X509Certificate
  /** Ready to paste. */
  readonly uri: string
}

/**
 * Every certificate that the options match; after a login only if none is visible without one.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function readTokenCertificates(
  options: Omit<CertificateOptions, 'certificate'> & { readonly uri: Pkcs11Uri },
  ports: Pkcs11Ports,
): Promise<readonly TokenCertificate[]> {
  await using tokens = new OpenTokens(options, ports)
  const matches = await selectorTest(options)
  const found = await findCertificates({ ...options, matches }, await tokens.matching(options.uri))
  return found.map(({ certificate, token, ...object }) => ({
    certificate,
    uri: objectUri(token.info, object, 'cert'),
  }))
}
