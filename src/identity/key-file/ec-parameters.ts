/**
 * Joins an EC key that leaves out its curve with the EC PARAMETERS block that names it. Loaded only
 * when such a pair is met.
 *
 * @see RFC 5915 section 3
 * @module
 */

import { ECParameters, ECPrivateKey } from '@peculiar/asn1-ecc'
import { AsnConvert } from '@peculiar/asn1-schema'

/** The SEC1 key with the curve in its `parameters` field; `undefined` when either does not parse. */
export function withParameters(keyDer: Buffer, parametersDer: Buffer): Buffer | undefined {
  try {
    const key = AsnConvert.parse(keyDer, ECPrivateKey)
    key.parameters = AsnConvert.parse(parametersDer, ECParameters)
    return Buffer.from(AsnConvert.serialize(key))
  } catch {
    return undefined
  }
}
