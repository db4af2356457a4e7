/**
 * The attributes of certificates and keys on a token. Runs in the host process.
 *
 * @see PKCS#11 v3.1 sections 4.6 to 4.9; v3.2 for ML-DSA keys
 * @module
 */

import type { Handle, PKCS11 } from 'pkcs11js'
import { CKA, CKK } from '../cryptoki.ts'
import type { CertificateObject, KeyObjectInfo } from '../host-protocol.ts'
import { decimalOf } from './ck-ulong.ts'

/** A certificate; none where the object holds no value. */
export function readCertificateObject(
  module: PKCS11,
  session: Handle,
  object: Handle,
): readonly CertificateObject[] {
  const attributes = readAttributes(module, session, object, [CKA.VALUE, CKA.LABEL, CKA.ID])
  const der = attributes.get(CKA.VALUE)
  if (der === undefined || der.length === 0) return []
  return [
    {
      label: attributes.get(CKA.LABEL)?.toString('utf8') ?? '',
      id: attributes.get(CKA.ID)?.toString('hex') ?? '',
      der: der.toString('base64'),
    },
  ]
}

/** A key, with what the token is willing to say about it. */
export function readKeyObject(
  module: PKCS11,
  session: Handle,
  object: Handle,
  kind: 'private' | 'public',
): KeyObjectInfo {
  const types = kind === 'private' ? PRIVATE_KEY_ATTRIBUTES : KEY_ATTRIBUTES
  const attributes = readAttributes(module, session, object, types)
  const flag = (type: number, otherwise: boolean): boolean =>
    attributes.get(type)?.some((byte) => byte !== 0) ?? otherwise
  const typeBytes = attributes.get(CKA.KEY_TYPE)
  const keyType = typeBytes === undefined ? undefined : Number(decimalOf(typeBytes))
  const publicTypes = [
    ...(PUBLIC_ATTRIBUTES.get(keyType) ?? []),
    // Of a private object this would be the private key.
    ...(kind === 'public' && keyType === CKK.ML_DSA ? [CKA.VALUE] : []),
  ]
  const publicAttributes = readAttributes(module, session, object, publicTypes)
  const hex = (type: number): string | undefined => publicAttributes.get(type)?.toString('hex')
  const parameterSet = publicAttributes.get(CKA.PARAMETER_SET)
  return {
    handle: object.toString('hex'),
    label: attributes.get(CKA.LABEL)?.toString('utf8') ?? '',
    id: attributes.get(CKA.ID)?.toString('hex') ?? '',
    keyType,
    modulus: hex(CKA.MODULUS),
    publicExponent: hex(CKA.PUBLIC_EXPONENT),
    ecPoint: hex(CKA.EC_POINT),
    parameterSet: parameterSet === undefined ? undefined : Number(decimalOf(parameterSet)),
    publicKeyInfo: hex(CKA.PUBLIC_KEY_INFO),
    publicValue: hex(CKA.VALUE),
    canSign: flag(CKA.SIGN, true),
    isPrivate: flag(CKA.PRIVATE, true),
    alwaysAuthenticate: flag(CKA.ALWAYS_AUTHENTICATE, false),
  }
}

/** All at once, which is fast; or one by one, since an unknown one fails a template of several. */
function readAttributes(
  module: PKCS11,
  session: Handle,
  object: Handle,
  types: readonly number[],
): ReadonlyMap<number, Buffer> {
  const read = (some: readonly number[]): readonly (readonly [number, Buffer])[] =>
    module
      .C_GetAttributeValue(
        session,
        object,
        some.map((type) => ({ type })),
      )
      .map(({ type, value }) => [type, value])
  try {
    return new Map(types.length === 0 ? [] : read(types))
  } catch {
    return new Map(
      types.flatMap((type) => {
        try {
          return read([type])
        } catch {
          return []
        }
      }),
    )
  }
}

const KEY_ATTRIBUTES = [CKA.KEY_TYPE, CKA.LABEL, CKA.ID]
const PRIVATE_KEY_ATTRIBUTES = [...KEY_ATTRIBUTES, CKA.SIGN, CKA.PRIVATE, CKA.ALWAYS_AUTHENTICATE]
/** What tells the public key, by CKA_KEY_TYPE. */
const PUBLIC_ATTRIBUTES: ReadonlyMap<number | undefined, readonly number[]> = new Map([
  [CKK.RSA, [CKA.MODULUS, CKA.PUBLIC_EXPONENT]],
  [CKK.EC, [CKA.EC_POINT]],
  [CKK.ML_DSA, [CKA.PARAMETER_SET, CKA.PUBLIC_KEY_INFO]],
])
