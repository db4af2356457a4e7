/**
 * Which TPM signing scheme a key takes, and the digest in the size that scheme wants.
 *
 * @see TPM 2.0 Library, Part 2, sections 11.2.1 and 11.2.4 (schemes); FIPS 186-5 section 6.4.1
 * @module
 */

import { createHash } from 'node:crypto'
import type { HashName } from '../../core/ports.ts'
import type { SignatureScheme } from './commands.ts'
import {
  ALG_ECDSA,
  ALG_RSAPSS,
  ALG_RSASSA,
  ALG_SHA1,
  ALG_SHA256,
  ALG_SHA384,
  ALG_SHA512,
} from './constants.ts'
import type { PublicArea } from './public-area.ts'
import { NotASigningKey } from './public-area.ts'

const HASHES: Readonly<Record<HashName, { readonly id: number; readonly bytes: number }>> = {
  sha256: { id: ALG_SHA256, bytes: 32 },
  sha384: { id: ALG_SHA384, bytes: 48 },
  sha512: { id: ALG_SHA512, bytes: 64 },
}
const HASH_NAMES: Readonly<Record<number, string>> = {
  [ALG_SHA1]: 'SHA-1',
  [ALG_SHA256]: 'SHA-256',
  [ALG_SHA384]: 'SHA-384',
  [ALG_SHA512]: 'SHA-512',
}

/**
 * Chooses the scheme and prepares the digest of `message`.
 *
 * @throws {NotASigningKey} when the key's fixed scheme cannot make the signature that is wanted.
 */
export function prepareDigest(
  area: PublicArea,
  message: Uint8Array,
  hash: HashName,
): { readonly digest: Uint8Array; readonly scheme: SignatureScheme } {
  const digest = createHash(hash).update(message).digest()
  const { fixedScheme: fixed, publicKey } = area
  const wanted = publicKey.asymmetricKeyType === 'rsa' ? ALG_RSASSA : ALG_ECDSA
  if (fixed === undefined) return { digest, scheme: { scheme: wanted, hash: HASHES[hash].id } }
  if (fixed.scheme !== wanted) {
    throw new NotASigningKey(
      fixed.scheme === ALG_RSAPSS
        ? 'it is fixed to RSA-PSS, and Roles Anywhere takes RSASSA-PKCS1-v1_5'
        : `it is fixed to the TPM scheme 0x${fixed.scheme.toString(16)}`,
    )
  }
  if (fixed.hash === HASHES[hash].id) return { digest, scheme: fixed }
  const fixedHash = Object.values(HASHES).find(({ id }) => id === fixed.hash)
  if (wanted === ALG_RSASSA || fixedHash === undefined || fixedHash.bytes < digest.length) {
    throw new NotASigningKey(
      `it is fixed to ${HASH_NAMES[fixed.hash] ?? 'an unknown hash'}, and ${hash} is needed`,
    )
  }
  return { digest: stretch(digest, fixedHash.bytes, coordinateBytes(area)), scheme: fixed }
}

/**
 * A digest in the place of a longer one that gives the same ECDSA number: the verifier reads the
 * leftmost bits, as many as the curve has, so zeros go before it as far as the curve reaches and after
 * it beyond.
 */
function stretch(digest: Uint8Array, length: number, curveBytes: number): Uint8Array {
  const end = Math.max(digest.length, Math.min(curveBytes, length))
  const stretched = new Uint8Array(length)
  stretched.set(digest, end - digest.length)
  return stretched
}

function coordinateBytes({ publicKey }: PublicArea): number {
  return CURVE_BYTES[publicKey.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0
}

const CURVE_BYTES: Readonly<Record<string, number>> = {
  prime256v1: 32,
  secp384r1: 48,
  secp521r1: 66,
}
