/**
 * Chooses the private key of a certificate among the objects of one token, without making a signature.
 *
 * By public key where the token tells it (RSA keys, public objects), else by CKA_ID, else by the label
 * of the URI. A signature as a test would cost a touch or a PIN for every candidate.
 *
 * @see protocol-facts.md 9.3; peers.md P9
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { KeyObjectInfo, TokenObjects } from '../host-protocol.ts'
import { isOfOtherType } from './mechanisms.ts'
import { publicKeyOf } from './public-key.ts'
import { objectMatches } from './token-uri.ts'

export interface KeyCriteria {
  /** Public key of the certificate; absent when a key is used without one. */
  readonly publicKey?: KeyObject | undefined
  /** CKA_ID of the certificate's object in hex; absent for a certificate from a file. */
  readonly certificateId?: string | undefined
  /** What the key has to match: its own URI, or the certificate's where it has none. */
  readonly uri: Pkcs11Uri
  /** Whether `uri` was given for the key, so that nothing outside it may be chosen. */
  readonly isExplicit: boolean
}

export type KeyChoice =
  | { readonly kind: 'found'; readonly key: KeyObjectInfo }
  | { readonly kind: 'none' }
  /** Keys match the URI, and all of them belong to other certificates. */
  | { readonly kind: 'mismatch'; readonly keys: readonly KeyObjectInfo[] }
  | { readonly kind: 'ambiguous'; readonly keys: readonly KeyObjectInfo[] }

/** The one key that fits. */
export function chooseKey(objects: TokenObjects, criteria: KeyCriteria): KeyChoice {
  const signing = objects.privateKeys.filter(({ canSign }) => canSign)
  const byUri = signing.filter((key) => objectMatches(criteria.uri, key, 'private'))
  const candidates = criteria.isExplicit ? byUri : signing
  const { publicKey, certificateId } = criteria
  if (publicKey === undefined) return only(candidates)

  const verdicts = candidates.map((key) => ({
    key,
    belongs: belongsTo(key, objects.publicKeys, publicKey),
  }))
  const pairs = verdicts.filter(({ belongs }) => belongs === true).map(({ key }) => key)
  // Copies of one key under several labels are all right: any of them makes the same signature.
  const pair = pairs.find(({ id }) => id === certificateId) ?? pairs[0]
  if (pair !== undefined) return { kind: 'found', key: pair }

  const unknown = verdicts.filter(({ belongs }) => belongs === undefined).map(({ key }) => key)
  if (criteria.isExplicit) {
    return unknown.length === 0 && candidates.length > 0
      ? { kind: 'mismatch', keys: candidates }
      : only(unknown)
  }
  const sameId = unknown.filter(({ id }) => id !== '' && id === certificateId)
  if (sameId.length > 0) return only(sameId)
  return only(criteria.uri.path.has('object') ? unknown.filter((key) => byUri.includes(key)) : [])
}

function only(keys: readonly KeyObjectInfo[]): KeyChoice {
  const [key] = keys
  if (key === undefined) return { kind: 'none' }
  return keys.length === 1 ? { kind: 'found', key } : { kind: 'ambiguous', keys }
}

/** Whether key and certificate are a pair; `undefined` where the token does not tell. */
function belongsTo(
  key: KeyObjectInfo,
  publicKeys: readonly KeyObjectInfo[],
  certificateKey: KeyObject,
): boolean | undefined {
  if (isOfOtherType(key, certificateKey)) return false
  return publicKeyOf(key, publicKeys)?.equals(certificateKey)
}
