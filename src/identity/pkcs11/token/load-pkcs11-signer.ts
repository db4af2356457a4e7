/**
 * A key on a token without its certificate, for `sign-string`; and certificates without their keys,
 * for `read-certificate-data`.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Signer } from '../../../core/ports.ts'
import { findCertificates, objectUri } from './find-certificate.ts'
import type { KeyCriteria } from './find-key.ts'
import { passWarnings, selectorTest, type Pkcs11IdentityOptions } from './load-pkcs11-identity.ts'
import { locateKey } from './locate-key.ts'
import { Pkcs11Signer } from './pkcs11-signer.ts'
import { tokenPublicKey } from './token-public-key.ts'
import { TOKEN_ALGORITHMS } from './token-signature.ts'
import { TokenWorld, type Pkcs11Ports, type TokenOptions } from './token-world.ts'
import { withoutType } from './uri-match.ts'

/**
 * The key that a URI names, and its public key where the token tells it.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function loadPkcs11Signer(
  options: TokenOptions & { readonly uri: Pkcs11Uri },
  ports: Pkcs11Ports,
): Promise<{ readonly signer: Signer; readonly publicKey: KeyObject | undefined }> {
  await using world = new TokenWorld(options, ports)
  const { uri } = options
  passWarnings(uri, ports.reporter)
  const criteria: KeyCriteria = { uri: withoutType(uri), isExplicit: true }
  const located = await locateKey(await world.connect(uri, [uri]), criteria)
  const algorithm = TOKEN_ALGORITHMS.get(located.key.keyType)
  if (algorithm === undefined) {
    throw new RolesAnywhereError('ERR_KEY_UNSUPPORTED', 'the key on the token is not RSA or EC')
  }
  const connection = world.keep(located.connection)
  const publicKey = tokenPublicKey(located.key, (await connection.objects()).publicKeys)
  const signer = new Pkcs11Signer({
    algorithm,
    publicKey,
    connection,
    key: located.key,
    locate: async () => (await locateKey([connection], criteria)).key,
    tell: ports.tell,
  })
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
  options: TokenOptions & Pick<Pkcs11IdentityOptions, 'certSelector'> & { readonly uri: Pkcs11Uri },
  ports: Pkcs11Ports,
): Promise<readonly TokenCertificate[]> {
  await using world = new TokenWorld(options, ports)
  const { uri } = options
  passWarnings(uri, ports.reporter)
  const matches = await selectorTest(options)
  const found = await findCertificates({ ...options, matches }, await world.connect(uri, [uri]))
  return found.map(({ certificate, label, id, connection }) => ({
    certificate,
    uri: objectUri(connection.token, { label, id }, 'cert'),
  }))
}
