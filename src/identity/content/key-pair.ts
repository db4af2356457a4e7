/**
 * Finds the private key and the certificate that belong together.
 *
 * The certificate whose public key is the key's is the leaf, wherever it stands in its bundle. AWS would
 * answer a wrong pair with a bare 403.
 *
 * @see reliability.md T25
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { says, setting } from '../../core/wording.ts'
import type { KeyCandidate, OpenedKey } from '../key-candidate.ts'
import { isForClients, leavesAmong, longestLasting } from '../certificate/choose-certificate.ts'
import { subjectOf } from '../certificate/names.ts'
import { publicKeyFingerprint } from '../key-file/check-key.ts'

export interface KeyPair extends OpenedKey {
  readonly certificate: X509Certificate
}

export interface PairSearch {
  readonly keys: readonly KeyCandidate[]
  /** Of the keys' file, for messages. */
  readonly keyName: string
  /** Those that may be the leaf. */
  readonly certificates: readonly X509Certificate[]
  readonly certificateName: string
  /**
   * `first`: the first key that has a leaf. `only`: refuse to choose. `latest`: of all pairs the one that
   * lasts longest. A CA certificate whose key lies there is taken only where there is no leaf.
   */
  readonly choice: 'first' | 'only' | 'latest'
  readonly clock: Clock
}

/**
 * A key with a certificate, and that certificate.
 *
 * @throws {RolesAnywhereError} ERR_KEY_MISMATCH with both fingerprints;
 *   ERR_CONFIG_CERTIFICATE_AMBIGUOUS; or what kept the keys from being opened.
 */
export async function findKeyPair(search: PairSearch): Promise<KeyPair> {
  const publicKeys = search.certificates.map(publicKeyOf)
  const pairs: (OpenedKey & { readonly matching: readonly X509Certificate[] })[] = []
  let failure: unknown
  let stranger: OpenedKey | undefined
  for (const key of search.keys) {
    try {
      const opened = await key.open()
      const matching = search.certificates.filter((_, index) =>
        isSameKey(publicKeys[index], opened.publicKey),
      )
      if (matching.length === 0) stranger ??= opened
      else pairs.push({ ...opened, matching })
    } catch (error) {
      failure ??= error
    }
    if (search.choice === 'first' && pairs.some((pair) => pair.matching.some(isForClients))) break
  }
  const matching = leavesAmong(pairs.flatMap((pair) => pair.matching))
  if (search.choice === 'only' && matching.length > 1)
    throw ambiguous(matching, search.certificateName)
  const certificate = longestLasting(matching, search.clock())
  for (const { publicKey, signer, matching: own } of pairs) {
    if (certificate !== undefined && own.includes(certificate)) {
      return { publicKey, signer, certificate }
    }
  }
  // A key that cannot be opened may be the right one: its error says more than a mismatch.
  if (failure !== undefined || stranger === undefined) throw failure
  throw mismatch(stranger, search, publicKeys)
}

/** OpenSSL cannot read keys of algorithms it does not know; such a certificate matches nothing. */
function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined
  }
}

/** `equals` throws for keys of different types (Node 24.21). */
function isSameKey(a: KeyObject | undefined, b: KeyObject): boolean {
  return a?.asymmetricKeyType === b.asymmetricKeyType && a?.equals(b) === true
}

const MOST_LISTED = 5

function ambiguous(certificates: readonly X509Certificate[], name: string): RolesAnywhereError {
  const listed = certificates.slice(0, MOST_LISTED).map((certificate) => {
    const until = certificate.validToDate.toISOString().slice(0, 10)
    return `"${subjectOf(certificate)}" serial ${certificate.serialNumber} until ${until}`
  })
  const left = certificates.length - listed.length
  const more = left > 0 ? `; and ${left} more` : ''
  return new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_AMBIGUOUS',
    `${certificates.length} certificates with their keys are in "${name}": ${listed.join('; ')}${more}`,
    {
      hint: says`choose one with ${setting('certSelector')}, or the last to expire with ${setting('useLatestExpiringCertificate')}`,
    },
  )
}

function mismatch(
  key: OpenedKey,
  { keyName, certificateName, certificates }: PairSearch,
  publicKeys: readonly (KeyObject | undefined)[],
): RolesAnywhereError {
  const keyFingerprint = publicKeyFingerprint(key.publicKey)
  const certificateFingerprints = publicKeys.map((publicKey) =>
    publicKey === undefined ? 'unreadable' : publicKeyFingerprint(publicKey),
  )
  const theirs = certificateFingerprints.slice(0, 3).join(', ')
  return new RolesAnywhereError(
    'ERR_KEY_MISMATCH',
    `the private key in "${keyName}" does not belong to the certificate in "${certificateName}" ` +
      `(SHA-256 of the public keys: ${keyFingerprint} and ${theirs})`,
    {
      hint: certificates.some(isForClients)
        ? 'give the key the certificate was issued for, or get a new certificate for this key'
        : says`"${certificateName}" holds only the certificate of a CA, ${roleOf(certificates)}: give the one that was issued for this key with ${setting('certificate')}, and CAs below the trust anchor with ${setting('intermediates')}`,
      detail: { keyFingerprint, certificateFingerprints },
    },
  )
}

function roleOf([authority]: readonly X509Certificate[]): string {
  if (authority === undefined) return 'none'
  const kind = authority.subject === authority.issuer ? 'a root' : 'an intermediate'
  return `${kind} ("${subjectOf(authority)}")`
}
