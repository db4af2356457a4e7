/**
 * The public key that belongs to a private key on a token, from what the token tells of it.
 *
 * An RSA private key tells its modulus. An EC private key seldom tells its point, and an ML-DSA private
 * key its CKA_PUBLIC_KEY_INFO; the public object with the same CKA_ID does, and some tokens have none.
 *
 * @see PKCS#11 v3.1 sections 6.1.3 and 6.3.3; v3.2 for ML-DSA; RFC 9881
 * @module
 */

import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { CKK, CKP } from '../cryptoki.ts'
import type { KeyObjectInfo } from '../host-protocol.ts'

type Jwk = JsonWebKeyInput['key']

/** `undefined` where the token does not tell, or tells nonsense. */
export function publicKeyOf(
  key: KeyObjectInfo,
  publicKeys: readonly KeyObjectInfo[],
): KeyObject | undefined {
  const twin = publicKeys.find(
    ({ id, keyType }) => id !== '' && id === key.id && keyType === key.keyType,
  )
  return readPublicKey(key) ?? (twin === undefined ? undefined : readPublicKey(twin))
}

function readPublicKey(key: KeyObjectInfo): KeyObject | undefined {
  try {
    if (filled(key.publicKeyInfo)) {
      const der = Buffer.from(key.publicKeyInfo, 'hex')
      return createPublicKey({ format: 'der', type: 'spki', key: der })
    }
    const jwk = toJwk(key)
    return jwk === undefined ? undefined : createPublicKey({ format: 'jwk', key: jwk })
  } catch {
    return undefined
  }
}

function toJwk(key: KeyObjectInfo): Jwk | undefined {
  const { keyType, modulus, publicExponent, ecPoint } = key
  if (keyType === CKK.RSA && filled(modulus)) {
    // Tokens without the exponent have made the key themselves, and all of them take 65537.
    return {
      kty: 'RSA',
      n: base64url(modulus),
      e: filled(publicExponent) ? base64url(publicExponent) : 'AQAB',
    }
  }
  if (keyType === CKK.EC && filled(ecPoint)) return ecJwk(Buffer.from(ecPoint, 'hex'))
  const alg = key.parameterSet === undefined ? undefined : ML_DSA_NAMES[key.parameterSet]
  if (keyType !== CKK.ML_DSA || alg === undefined || !filled(key.publicValue)) return undefined
  return { kty: 'AKP', alg, pub: base64url(key.publicValue) }
}

/** By CKA_PARAMETER_SET. */
const ML_DSA_NAMES: Readonly<Record<number, string>> = {
  [CKP.ML_DSA_44]: 'ML-DSA-44',
  [CKP.ML_DSA_65]: 'ML-DSA-65',
  [CKP.ML_DSA_87]: 'ML-DSA-87',
}

/** The uncompressed point of SEC 1 section 2.3.3 tells its curve by its length. */
function ecJwk(attribute: Buffer): Jwk | undefined {
  for (const [crv, size] of CURVES) {
    const header = attribute.length - (1 + 2 * size)
    // Alone, or in an OCTET STRING with up to three bytes of header.
    if (header < 0 || header > 3 || attribute[header] !== UNCOMPRESSED) continue
    const point = attribute.subarray(header + 1)
    return {
      kty: 'EC',
      crv,
      x: point.subarray(0, size).toString('base64url'),
      y: point.subarray(size).toString('base64url'),
    }
  }
  return undefined
}

const CURVES: readonly (readonly [name: string, bytes: number])[] = [
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
]
const UNCOMPRESSED = 0x04

function filled(hex: string | undefined): hex is string {
  return hex !== undefined && hex !== ''
}

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url')
}
