/**
 * From settings that name a token to an identity: certificate, chain and key.
 *
 * The certificate and its key are on one token, or on two, or the certificate is in a file and the
 * key on a token.
 *
 * @see protocol-facts.md 9.3; design.md 5
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import {
  describeLocation,
  type CertificateLocation,
  type ContentLocation,
  type KeyLocation,
  type TokenLocation,
} from '../../../core/key-location.ts'
import { parsePkcs11Uri, type Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Identity, Reporter } from '../../../core/ports.ts'
import { says, setting } from '../../../core/wording.ts'
import { buildChain } from '../../certificate/certificate-chain.ts'
import { adviseOnCertificate, checkValidity } from '../../certificate/check-certificate.ts'
import { byLifetime, leavesAmong } from '../../certificate/choose-certificate.ts'
import type { PasswordOptions } from '../../secret/remembered-password.ts'
import { findCertificate, objectUri, parseObject } from './find-certificate.ts'
import type { KeyCriteria } from './find-key.ts'
import { locateKey, type LocatedKey } from './locate-key.ts'
import { Pkcs11Signer } from './pkcs11-signer.ts'
import type { TokenConnection } from './token-connection.ts'
import { tokenAlgorithm, type TokenAlgorithm } from './token-signature.ts'
import { TokenWorld, type Pkcs11Ports, type TokenOptions } from './token-world.ts'
import { withoutType } from './uri-match.ts'

export interface Pkcs11IdentityOptions extends TokenOptions {
  /** On a token, or in a file. Default: every token, which suits a selector. */
  readonly certificate?: CertificateLocation | undefined
  /** On a token. Default: on the certificate's token. */
  readonly privateKey?: KeyLocation | undefined
  /** A file with more certificates for the chain. */
  readonly intermediates?: ContentLocation | undefined
  /** The setting of the same name. */
  readonly certSelector?: string | undefined
  /** Of a certificate file that is PKCS#12. */
  readonly password?: PasswordOptions['password']
  /** Of several certificates that match: the valid one that lasts longest. Default: refuse. */
  readonly useLatestExpiring?: boolean | undefined
}

/**
 * Finds everything and is then ready to sign, after at most one login.
 *
 * @throws {RolesAnywhereError} codes of the key and config families.
 */
export async function loadPkcs11Identity(
  options: Pkcs11IdentityOptions,
  ports: Pkcs11Ports,
): Promise<Identity> {
  await using world = new TokenWorld(options, ports)
  const place = options.certificate ?? ANY_TOKEN
  const pair =
    place.kind === 'pkcs11'
      ? await findPairOnTokens(place.uri, options, ports, world)
      : await findPairWithFile(place, options, ports, world)
  const { certificate, name, criteria, located } = pair
  checkValidity(certificate, name, ports)
  adviseOnCertificate(certificate, name, ports.reporter)
  const intermediates =
    options.intermediates === undefined
      ? []
      : await readFile({ certificate: options.intermediates }, ports)
  const chain = buildChain(certificate, [...pair.others, ...intermediates], {
    clock: ports.clock,
    // What else is on a token is nobody's mistake.
    reporter: SILENT,
  })
  const connection = world.keep(located.connection)
  const signer = new Pkcs11Signer({
    algorithm: pair.algorithm,
    publicKey: certificate.publicKey,
    connection,
    key: located.key,
    locate: async () => (await locateKey([connection], criteria)).key,
    tell: ports.tell,
  })
  return {
    certificate,
    chain,
    signer,
    [Symbol.asyncDispose]: async () => signer[Symbol.asyncDispose](),
  }
}

interface Pair {
  readonly certificate: X509Certificate
  readonly algorithm: TokenAlgorithm
  /** For messages: the certificate's file or URI. */
  readonly name: string
  /** Certificates among which the chain may be. */
  readonly others: readonly X509Certificate[]
  readonly criteria: KeyCriteria
  readonly located: LocatedKey
}

async function findPairOnTokens(
  certificateUri: Pkcs11Uri,
  options: Pkcs11IdentityOptions,
  ports: Pkcs11Ports,
  world: TokenWorld,
): Promise<Pair> {
  passWarnings(certificateUri, ports.reporter)
  const keyUri = keyUriOf(options, ports.reporter)
  const pinUris = keyUri === undefined ? [certificateUri] : [certificateUri, keyUri]
  const choice = { ...options, uri: certificateUri, matches: await selectorTest(options) }
  const found = await findCertificate(
    choice,
    await world.connect(certificateUri, pinUris),
    ports.clock,
  )
  const { certificate } = found
  const algorithm = tokenAlgorithm(certificate.publicKey)
  const criteria: KeyCriteria = {
    publicKey: certificate.publicKey,
    certificateId: found.id,
    uri: withoutType(keyUri ?? certificateUri),
    isExplicit: keyUri !== undefined,
  }
  const keyTokens =
    keyUri === undefined ? [found.connection] : await world.connect(keyUri, [...pinUris].reverse())
  const located = await locateKey(
    keyTokens.includes(found.connection) ? [found.connection] : keyTokens,
    criteria,
  )
  return {
    certificate,
    algorithm,
    name: objectUri(found.connection.token, found, 'cert'),
    others: await certificatesOn(found.connection),
    criteria,
    located,
  }
}

async function findPairWithFile(
  place: ContentLocation,
  options: Pkcs11IdentityOptions,
  ports: Pkcs11Ports,
  world: TokenWorld,
): Promise<Pair> {
  const keyUri = keyUriOf(options, ports.reporter)
  if (keyUri === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no token was named')
  const { password } = options
  const certificates = await readFile({ certificate: place, password }, ports)
  const meant = await selectFrom(certificates, place, options)
  const connections = await world.connect(keyUri, [keyUri])
  const leaves = leavesAmong(meant).toSorted(byLifetime(ports.clock()))
  let failure: unknown
  for (const certificate of leaves) {
    try {
      const algorithm = tokenAlgorithm(certificate.publicKey)
      const { publicKey } = certificate
      const criteria: KeyCriteria = { publicKey, uri: withoutType(keyUri), isExplicit: true }
      const located = await locateKey(connections, criteria)
      const others = [...certificates, ...(await certificatesOn(located.connection))]
      return { certificate, algorithm, name: describeLocation(place), others, criteria, located }
    } catch (error) {
      failure ??= error
      // In a bundle another certificate may be the leaf; any other failure would only repeat itself.
      const isMismatch = error instanceof RolesAnywhereError && error.code === 'ERR_KEY_MISMATCH'
      if (!isMismatch) throw error
    }
  }
  throw failure
}

/** Loaded late, as most identities on tokens need no file. */
async function readFile(
  file: PasswordOptions & { readonly certificate: ContentLocation },
  { secrets }: Pkcs11Ports,
): Promise<readonly X509Certificate[]> {
  const { readCertificates } = await import('../../content/read-certificates.ts')
  return await readCertificates(file, secrets)
}

async function selectFrom(
  certificates: readonly X509Certificate[],
  certificate: ContentLocation,
  { certSelector }: Pick<Pkcs11IdentityOptions, 'certSelector'>,
): Promise<readonly X509Certificate[]> {
  const { selectLeaves } = await import('../../content/read-certificates.ts')
  return await selectLeaves(certificates, { certificate, certSelector })
}

/** Whether a certificate is one that the selector means; without one, all are. */
export async function selectorTest({
  certSelector,
}: Pick<Pkcs11IdentityOptions, 'certSelector'>): Promise<
  (certificate: X509Certificate) => boolean
> {
  if (certSelector === undefined) return () => true
  const { matchesSelector, readCertificateSelector } =
    await import('../../certificate/certificate-selector.ts')
  const selector = await readCertificateSelector(certSelector)
  return (certificate) => matchesSelector(certificate, selector)
}

async function certificatesOn(connection: TokenConnection): Promise<readonly X509Certificate[]> {
  const { certificates } = await connection.objects()
  return certificates.flatMap((object) => parseObject(object) ?? [])
}

/** Everything, for a selector to choose from. */
export const ANY_TOKEN: TokenLocation = { kind: 'pkcs11', uri: parsePkcs11Uri('pkcs11:') }

const SILENT: Reporter = { warn: () => undefined, debug: () => undefined }

/** What is to be said about how a URI was written, once for each use of it. */
export function passWarnings(uri: Pkcs11Uri, reporter: Reporter): void {
  for (const warning of uri.warnings) reporter.warn(warning)
}

function keyUriOf(
  { privateKey }: Pick<Pkcs11IdentityOptions, 'privateKey'>,
  reporter: Reporter,
): Pkcs11Uri | undefined {
  if (privateKey === undefined) return undefined
  if (privateKey.kind === 'pkcs11') {
    passWarnings(privateKey.uri, reporter)
    return privateKey.uri
  }
  throw new RolesAnywhereError(
    'ERR_USAGE_CONFLICT',
    'a certificate on a token needs its private key on a token too',
    { hint: says`leave out ${setting('privateKey')}, or give a pkcs11 URI for both` },
  )
}
