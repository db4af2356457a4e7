/**
 * Finds a certificate and its private key: both on one token, on two, or the certificate in a file and
 * the key on a token.
 *
 * @see protocol-facts.md 9.3
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { signingAlgorithmOf, type SigningAlgorithm } from '../../../core/algorithms.ts'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { describeLocation, type ContentLocation } from '../../../core/key-location.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { says, setting } from '../../../core/wording.ts'
import { byLifetime, leavesAmong } from '../../certificate/choose-certificate.ts'
import { readPublicKey } from '../../certificate/public-key.ts'
import type { IdentityOptions } from '../../identity-options.ts'
import type { KeyCriteria } from './choose-key.ts'
import { findCertificate, parseCertificateObject, selectorTest } from './find-certificate.ts'
import { findKey, type FoundKey } from './find-key.ts'
import type { OpenTokens, Pkcs11Ports } from './open-tokens.ts'
import { objectUri, withoutType } from './token-uri.ts'
import type { Token } from './token.ts'

export interface Pair {
  readonly certificate: X509Certificate
  readonly algorithm: SigningAlgorithm
  /** For messages: the certificate's file or URI. */
  readonly name: string
  /** Certificates among which the chain may be. */
  readonly others: readonly X509Certificate[]
  readonly found: FoundKey
  /** By which the key was found, and is found again. */
  readonly criteria: KeyCriteria
}

/**
 * After at most one login to each token.
 *
 * @throws {RolesAnywhereError} codes of the key and config families.
 */
export async function findPair(
  options: IdentityOptions,
  tokens: OpenTokens,
  ports: Pkcs11Ports,
): Promise<Pair> {
  const { certificate } = options
  const keyUri = keyUriOf(options)
  if (certificate.kind === 'pkcs11') {
    return await findPairOnTokens(certificate.uri, keyUri, options, tokens, ports)
  }
  if (keyUri === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no token was named')
  return await findPairWithFile(certificate, keyUri, options, tokens, ports)
}

async function findPairOnTokens(
  certificateUri: Pkcs11Uri,
  keyUri: Pkcs11Uri | undefined,
  options: IdentityOptions,
  tokens: OpenTokens,
  ports: Pkcs11Ports,
): Promise<Pair> {
  const pinUris = keyUri === undefined ? [certificateUri] : [certificateUri, keyUri]
  const choice = { ...options, uri: certificateUri, matches: await selectorTest(options) }
  const candidates = await tokens.matching(certificateUri, pinUris)
  const { certificate, ...object } = await findCertificate(choice, candidates, ports.clock)
  const algorithm = signingAlgorithmOf(certificate.publicKey)
  const criteria: KeyCriteria = {
    publicKey: certificate.publicKey,
    certificateId: object.id,
    uri: withoutType(keyUri ?? certificateUri),
    isExplicit: keyUri !== undefined,
  }
  const keyTokens =
    keyUri === undefined ? [object.token] : await tokens.matching(keyUri, pinUris.toReversed())
  return {
    certificate,
    algorithm,
    name: objectUri(object.token.info, object, 'cert'),
    found: await findKey(keyTokens.includes(object.token) ? [object.token] : keyTokens, criteria),
    others: await certificatesOn(object.token),
    criteria,
  }
}

async function findPairWithFile(
  place: ContentLocation,
  keyUri: Pkcs11Uri,
  options: IdentityOptions,
  tokens: OpenTokens,
  ports: Pkcs11Ports,
): Promise<Pair> {
  const certificates = await readFile(place, options, ports)
  const meant = await selectFrom(certificates, place, options)
  const keyTokens = await tokens.matching(keyUri)
  const leaves = leavesAmong(meant).toSorted(byLifetime(ports.clock()))
  let failure: unknown
  for (const certificate of leaves) {
    try {
      const publicKey = readPublicKey(certificate, describeLocation(place))
      const algorithm = signingAlgorithmOf(publicKey)
      const criteria: KeyCriteria = { publicKey, uri: withoutType(keyUri), isExplicit: true }
      const found = await findKey(keyTokens, criteria)
      const others = [...certificates, ...(await certificatesOn(found.token))]
      return { certificate, algorithm, name: describeLocation(place), others, found, criteria }
    } catch (error) {
      failure ??= error
      // In a bundle another certificate may be the leaf; any other failure would only repeat itself.
      if (!(error instanceof RolesAnywhereError) || !OF_ONE_LEAF.includes(error.code)) throw error
    }
  }
  throw failure
}

/** No key of it on the token; no key of it that can be read. */
const OF_ONE_LEAF: readonly string[] = ['ERR_KEY_MISMATCH', 'ERR_CONFIG_CERTIFICATE_INVALID']

/** Loaded late, as most identities on tokens need no file. */
export async function readFile(
  certificate: ContentLocation,
  { keyPassword, strictPermissions }: IdentityOptions,
  ports: Pkcs11Ports,
): Promise<readonly X509Certificate[]> {
  const { readFileCertificates } = await import('../../content/read-certificates.ts')
  return await readFileCertificates({ certificate, keyPassword, strictPermissions }, ports)
}

async function selectFrom(
  certificates: readonly X509Certificate[],
  certificate: ContentLocation,
  { certSelector }: IdentityOptions,
): Promise<readonly X509Certificate[]> {
  const { selectLeaves } = await import('../../content/read-certificates.ts')
  return await selectLeaves(certificates, { certificate, certSelector })
}

async function certificatesOn(token: Token): Promise<readonly X509Certificate[]> {
  const { certificates } = await token.objects()
  return certificates.flatMap((object) => parseCertificateObject(object) ?? [])
}

function keyUriOf({ privateKey }: IdentityOptions): Pkcs11Uri | undefined {
  if (privateKey === undefined) return undefined
  if (privateKey.kind === 'pkcs11') return privateKey.uri
  throw new RolesAnywhereError(
    'ERR_USAGE_CONFLICT',
    'a certificate on a token needs its private key on a token too',
    { hint: says`leave out ${setting('privateKey')}, or give a pkcs11 URI for both` },
  )
}
