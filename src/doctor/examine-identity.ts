/**
 * Opens the identity as every command does, and when that fails looks at what can be had without it: the
 * certificate alone, the key alone, what is on the token.
 *
 * Nothing is asked for twice: what was typed or read from a pipe is remembered by the ports, and a token is
 * logged in to by the one opening alone.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import { describeLocation, type CertificateLocation } from '../core/key-location.ts'
import type { Identity, Reporter } from '../core/ports.ts'
import { buildChain } from '../identity/certificate/certificate-chain.ts'
import { leavesAmong } from '../identity/certificate/choose-certificate.ts'
import type { IdentityOptions, IdentityPorts } from '../identity/identity-options.ts'
import { openIdentity, openSigner, readCertificates } from '../identity/open-identity.ts'
import type { TokenListing } from '../identity/pkcs11/token/list-tokens.ts'
import { checkFor } from './failures.ts'
import { issuersNearby, type NearbyIssuer } from './issuers-nearby.ts'

/** What the settings name; nothing can be examined without a certificate. */
export type ExaminedOptions = Omit<IdentityOptions, 'certificate'> & {
  readonly certificate?: CertificateLocation | undefined
}

export interface IdentityExamination extends AsyncDisposable {
  /** Whole and a pair; undefined when it could not be opened. */
  readonly identity: Identity | undefined
  /** Why it could not, and why the key alone could not. */
  readonly failures: readonly RolesAnywhereError[]
  /** What is meant by the settings, even where the key is another's. */
  readonly leaf: X509Certificate | undefined
  /** From its issuer upwards, without the root. */
  readonly chain: readonly X509Certificate[]
  /** Everything that the settings name in files of their own. */
  readonly given: readonly X509Certificate[]
  /** Certificates of its issuer in files beside, which are not sent. */
  readonly nearby: readonly NearbyIssuer[]
  /** Undefined where no token is named, or it cannot be looked at. */
  readonly listing: TokenListing | undefined
}

export async function examineIdentity(
  options: ExaminedOptions,
  ports: IdentityPorts,
): Promise<IdentityExamination> {
  const silent = silenced(ports)
  const listing = await listTokens(options, silent)
  const failures: RolesAnywhereError[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RolesAnywhereError)) throw error
      if (error.code === 'ERR_CANCELLED') throw error
      failures.push(error)
      return undefined
    }
  }
  const { certificate } = options
  const identity =
    certificate === undefined
      ? undefined
      : await attempt(() => openIdentity({ ...options, certificate }, silent))
  if (identity === undefined) await attempt(() => openKeyAlone(options, failures, silent))
  const isOnToken = certificate?.kind === 'pkcs11'
  const own = identity !== undefined && isOnToken ? [] : await readOwn(options, failures, silent)
  const leaf = identity?.certificate ?? leavesAmong(own)[0]
  const intermediates = await readIntermediates(options, silent)
  const all = [...own, ...intermediates]
  const chain = identity?.chain ?? (leaf === undefined ? [] : chainOf(leaf, all, silent))
  const top = chain.at(-1) ?? leaf
  return {
    identity,
    failures,
    leaf,
    chain,
    // What else lies in a folder or on a token is nobody's mistake.
    given: (isOnToken || (await isFolder(certificate)) ? [...chain, ...intermediates] : all).filter(
      (one) => one.fingerprint256 !== leaf?.fingerprint256,
    ),
    nearby: top === undefined ? [] : await issuersNearby(top, all, foldersOf(options)),
    listing,
    async [Symbol.asyncDispose]() {
      await identity?.[Symbol.asyncDispose]()
    },
  }
}

async function isFolder(place: CertificateLocation | undefined): Promise<boolean> {
  if (place?.kind !== 'path') return false
  const stats = await stat(place.path).catch(() => undefined)
  return stats?.isDirectory() === true
}

/** What is warned of has checks of its own. */
function silenced(ports: IdentityPorts): IdentityPorts {
  const reporter: Reporter = {
    warn: () => undefined,
    debug(step, fields) {
      ports.reporter.debug(step, fields)
    },
  }
  return { ...ports, reporter, secrets: { ...ports.secrets, reporter } }
}

/** A mistake with the certificate shall not hide one with the key; a token is not logged in to again. */
async function openKeyAlone(
  options: ExaminedOptions,
  failures: readonly RolesAnywhereError[],
  ports: IdentityPorts,
): Promise<void> {
  const { privateKey } = options
  const isAboutKey = failures.some((failure) => /^(?:key|token)-/u.test(checkFor(failure)))
  if (isAboutKey || privateKey === undefined || privateKey.kind === 'pkcs11') return
  const { signer } = await openSigner({ ...options, privateKey }, ports)
  await signer[Symbol.asyncDispose]()
}

/** The certificates in the place of the leaf; none where they cannot be read, which is told already. */
async function readOwn(
  options: ExaminedOptions,
  failures: readonly RolesAnywhereError[],
  ports: IdentityPorts,
): Promise<readonly X509Certificate[]> {
  const { certificate } = options
  const isUnreadable = failures.some((failure) => checkFor(failure).startsWith('token-'))
  if (certificate === undefined || (certificate.kind === 'pkcs11' && isUnreadable)) return []
  return await orNone(async () => {
    const found = await readCertificates({ ...options, certificate }, ports)
    return found.map((one) => one.certificate)
  })
}

async function readIntermediates(
  { intermediates, keyPassword }: ExaminedOptions,
  ports: IdentityPorts,
): Promise<readonly X509Certificate[]> {
  if (intermediates === undefined) return []
  return await orNone(async () => {
    const found = await readCertificates({ certificate: intermediates, keyPassword }, ports)
    return found.map((one) => one.certificate)
  })
}

/** One that is too long is shown as it is. */
function chainOf(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  ports: IdentityPorts,
): readonly X509Certificate[] {
  try {
    return buildChain(leaf, others, ports)
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    return others.filter(({ subject, issuer }) => subject !== issuer && subject !== leaf.subject)
  }
}

async function listTokens(
  options: ExaminedOptions,
  ports: IdentityPorts,
): Promise<TokenListing | undefined> {
  const place = [options.privateKey, options.certificate].find((one) => one?.kind === 'pkcs11')
  if (place?.kind !== 'pkcs11') return undefined
  const { listPkcs11 } = await import('../identity/pkcs11/token/list-tokens.ts')
  try {
    return await listPkcs11({ pkcs11Lib: options.pkcs11Lib, uri: place.uri }, ports)
  } catch (error) {
    // Opening the identity fails for the same reason, and says more.
    if (error instanceof RolesAnywhereError) return undefined
    throw error
  }
}

async function orNone<T>(work: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RolesAnywhereError) return []
    throw error
  }
}

/** Where somebody who was given a certificate keeps what came with it. */
function foldersOf({ certificate, intermediates }: ExaminedOptions): readonly string[] {
  return [certificate, intermediates].flatMap((place) =>
    place?.kind === 'path' ? [describeLocation(place)] : [],
  )
}
