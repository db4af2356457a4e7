/**
 * Finds the one certificate that a URI and a selector mean.
 *
 * First without a login in every token that matches. Only if that finds nothing and a single token
 * matches, after a login to it: a PIN is never offered to a token that merely might be the right one.
 *
 * @see protocol-facts.md 9.3; draft-woodhouse-cert-best-practice section 8.1
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri, type Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Clock } from '../../../core/ports.ts'
import { joined, says, setting } from '../../../core/wording.ts'
import { leavesAmong, longestLasting } from '../../certificate/choose-certificate.ts'
import type { CertificateObject } from '../host-protocol.ts'
import { meantIdHint, objectMatches, objectUri } from './token-uri.ts'
import type { Token } from './token.ts'

/** A certificate on a token, and where it is. */
export interface FoundCertificate {
  readonly certificate: X509Certificate
  readonly label: string
  /** CKA_ID in hex. */
  readonly id: string
  readonly token: Token
}

export interface CertificateChoice {
  readonly uri: Pkcs11Uri
  readonly certSelector?: string | undefined
  /** Whether `certSelector` means a certificate. */
  readonly matches: (certificate: X509Certificate) => boolean
  /** Of several, the one that lasts longest. Default: refuse to choose. */
  readonly useLatestExpiringCertificate?: boolean | undefined
}

/**
 * Every certificate that matches: duplicates once, certificates that do not parse left out.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function findCertificates(
  choice: CertificateChoice,
  tokens: readonly Token[],
): Promise<readonly FoundCertificate[]> {
  const visible = await readAll(choice, tokens)
  const [only, ...others] = tokens
  if (visible.length > 0 || only === undefined || others.length > 0) return visible
  if (only.isLoggedIn) return visible
  try {
    await only.logIn()
  } catch (error) {
    throw withReason(error, choice.uri)
  }
  return readAll(choice, tokens)
}

/** A misspelt label looks like a hidden certificate, so a missing PIN must not be all that is said. */
function withReason(error: unknown, uri: Pkcs11Uri): unknown {
  if (!(error instanceof RolesAnywhereError)) return error
  const { code, detail, cause, wording } = error
  const message = says`${wording.message} (without a login no certificate matches ${describePkcs11Uri(uri)})`
  const hints = [wording.hint, meantIdHint(uri)].filter((hint) => hint !== undefined)
  return new RolesAnywhereError(code, message, {
    hint: hints.length === 0 ? undefined : joined(hints, '; '),
    detail,
    cause,
  })
}

/**
 * The one certificate to use.
 *
 * @throws {RolesAnywhereError} ERR_TOKEN_OBJECT_NOT_FOUND; ERR_TOKEN_AMBIGUOUS with the URIs.
 */
export async function findCertificate(
  choice: CertificateChoice,
  tokens: readonly Token[],
  clock: Clock,
): Promise<FoundCertificate> {
  const all = await findCertificates(choice, tokens)
  // A token often holds its intermediates too; none of them is ever the leaf.
  const leaves = leavesAmong(all.map(({ certificate }) => certificate))
  const isMeant = choice.useLatestExpiringCertificate === true || leaves.length === 1
  const meant = isMeant ? longestLasting(leaves, clock()) : undefined
  const found = all.filter(({ certificate }) => leaves.includes(certificate))
  if (found.length === 0) throw notFound(choice, tokens)
  const chosen = found.find(({ certificate }) => certificate === meant)
  if (chosen === undefined) throw ambiguous(choice.uri, found)
  return chosen
}

/** Whether a certificate is one that the selector means; without one, all are. */
export async function selectorTest({
  certSelector,
}: {
  readonly certSelector?: string | undefined
}): Promise<CertificateChoice['matches']> {
  if (certSelector === undefined) return () => true
  const { matchesSelector, readCertificateSelector } =
    await import('../../certificate/certificate-selector.ts')
  const selector = await readCertificateSelector(certSelector)
  return (certificate) => matchesSelector(certificate, selector)
}

async function readAll(
  choice: CertificateChoice,
  tokens: readonly Token[],
): Promise<readonly FoundCertificate[]> {
  const lists = await Promise.all(
    tokens.map(async (token) => {
      const { certificates } = await token.objects()
      return certificates.flatMap((object): FoundCertificate[] => {
        const { label, id } = object
        if (!objectMatches(choice.uri, object, 'cert')) return []
        const certificate = parseCertificateObject(object)
        if (certificate === undefined || !choice.matches(certificate)) return []
        return [{ certificate, label, id, token }]
      })
    }),
  )
  const byFingerprint = new Map<string, FoundCertificate>()
  for (const found of lists.flat()) {
    const key = found.certificate.fingerprint256
    if (!byFingerprint.has(key)) byFingerprint.set(key, found)
  }
  return [...byFingerprint.values()]
}

/** One broken certificate must not hide the others (peers.md P4). */
export function parseCertificateObject({ der }: CertificateObject): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(der, 'base64'))
    // Reading the key here leaves out keys that OpenSSL does not know.
    return certificate.publicKey.type === 'public' ? certificate : undefined
  } catch {
    return undefined
  }
}

function notFound(choice: CertificateChoice, tokens: readonly Token[]): RolesAnywhereError {
  const hidden = tokens.length > 1 ? '; none was logged in to, because several match' : ''
  const selected = choice.certSelector === undefined ? '' : says` and ${setting('certSelector')}`
  return new RolesAnywhereError(
    'ERR_TOKEN_OBJECT_NOT_FOUND',
    says`no certificate matches ${describePkcs11Uri(choice.uri)}${selected} (${tokens.map(({ name }) => name).join(', ')}${hidden})`,
    {
      hint:
        meantIdHint(choice.uri) ??
        '`rolesanywhere pkcs11 list` prints URIs that are ready to paste',
    },
  )
}

function ambiguous(uri: Pkcs11Uri, found: readonly FoundCertificate[]): RolesAnywhereError {
  const candidates = found.map((one) => objectUri(one.token.info, one, 'cert'))
  return new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `${found.length} certificates match ${describePkcs11Uri(uri)}: ${candidates.join(', ')}`,
    {
      hint: says`use one of these URIs, or ${setting('useLatestExpiringCertificate')}`,
      detail: { candidates },
    },
  )
}
