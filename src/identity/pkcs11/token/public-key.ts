/**
 * The public key that belongs to a private key on a token, from what the token tells of it.
 *
 * An RSA private key tells its modulus. An EC private key seldom tells its point; the public object
 * with the same CKA_ID does, and some tokens have none.
 *
 * @see PKCS#11 v3.1 sections 6.1.3 and 6.3.3
 * @module
 */

import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { CKK } from '../cryptoki.ts'
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
  const jwk = toJwk(key) ?? (twin === undefined ? undefined : toJwk(twin))
  if (jwk === undefined) return undefined
  try {
    return createPublicKey({ format: 'jwk', key: jwk })
  } catch {
    return undefined
  }
}

function toJwk({ keyType, modulus, publicExponent, ecPoint }: KeyObjectInfo): Jwk | undefined {
  if (keyType === CKK.RSA && filled(modulus)) {
    // Tokens without the exponent have made the key themselves, and all of them take 65537.
    return {
      kty: 'RSA',
      n: base64url(modulus),
      e: filled(publicExponent) ? base64url(publicExponent) : 'AQAB',
    }
  }
  return keyType === CKK.EC && filled(ecPoint) ? ecJwk(Buffer.from(ecPoint, 'hex')) : undefined
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
