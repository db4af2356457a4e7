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
import { checkKey, publicKeyFingerprint } from './check-key.ts'
import type { KeySource } from './key-source.ts'
import { openKeyBlock, type KeyBlock } from './private-key.ts'

export interface OpenedKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface KeyPair extends OpenedKey {
  readonly certificate: X509Certificate
}

export interface CertificateCandidates {
  readonly certificates: readonly X509Certificate[]
  /** Of the file, for messages. */
  readonly name: string
  readonly clock: Clock
}

/**
 * The first key with a certificate, and that certificate.
 *
 * @throws {RolesAnywhereError} ERR_KEY_MISMATCH with both fingerprints; or what kept the keys from
 *   being opened.
 */
export async function findKeyPair(
  keys: readonly KeyBlock[],
  source: KeySource,
  candidates: CertificateCandidates,
): Promise<KeyPair> {
  const publicKeys = candidates.certificates.map(publicKeyOf)
  let failure: unknown
  let stranger: OpenedKey | undefined
  for (const key of keys) {
    try {
      const opened = await openAndCheck(key, source)
      const matching = candidates.certificates.filter((_, index) =>
        isSameKey(publicKeys[index], opened.publicKey),
      )
      const certificate = preferred(matching, candidates.clock())
      if (certificate !== undefined) return { ...opened, certificate }
      stranger ??= opened
    } catch (error) {
      failure ??= error
    }
  }
  // A key that cannot be opened may be the right one: its error says more than a mismatch.
  if (failure !== undefined || stranger === undefined) throw failure
  throw mismatch(stranger, source, candidates, publicKeys)
}

/**
 * The first of the keys, when there is no certificate to choose by.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function openFirstKey(
  keys: readonly KeyBlock[],
  source: KeySource,
): Promise<OpenedKey> {
  const [first] = keys
  if (first === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no key was selected')
  return openAndCheck(first, source)
}

async function openAndCheck(key: KeyBlock, source: KeySource): Promise<OpenedKey> {
  const privateKey = await openKeyBlock(key, source)
  return { privateKey, publicKey: checkKey(privateKey, source.name) }
}

/** A renewed certificate may keep its key: the valid one that lasts longest. */
function preferred(
  certificates: readonly X509Certificate[],
  now: number,
): X509Certificate | undefined {
  const isCurrent = (certificate: X509Certificate): number =>
    Number(certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime())
  return [...certificates].sort(
    (a, b) => isCurrent(b) - isCurrent(a) || b.validToDate.getTime() - a.validToDate.getTime(),
  )[0]
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

function mismatch(
  key: OpenedKey,
  source: KeySource,
  candidates: CertificateCandidates,
  publicKeys: readonly (KeyObject | undefined)[],
): RolesAnywhereError {
  const keyFingerprint = publicKeyFingerprint(key.publicKey)
  const certificateFingerprints = publicKeys.map((publicKey) =>
    publicKey === undefined ? 'unreadable' : publicKeyFingerprint(publicKey),
  )
  const theirs = certificateFingerprints.slice(0, 3).join(', ')
  return new RolesAnywhereError(
    'ERR_KEY_MISMATCH',
    `the private key in "${source.name}" does not belong to the certificate in "${candidates.name}" ` +
      `(SHA-256 of the public keys: ${keyFingerprint} and ${theirs})`,
    {
      hint: 'give the key the certificate was issued for, or get a new certificate for this key',
      detail: { keyFingerprint, certificateFingerprints },
    },
  )
}
