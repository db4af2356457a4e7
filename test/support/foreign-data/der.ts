/**
 * The few shapes of DER that hand-made files are put together from, and taken apart into.
 *
 * @module
 */

import { fromBER, Null, ObjectIdentifier, OctetString, Sequence, type AsnType } from 'asn1js'

export function derSequence(...value: AsnType[]): Sequence {
  return new Sequence({ value })
}

/** AlgorithmIdentifier; without parameters they are NULL. */
export function derAlgorithm(oid: string, parameters: AsnType | undefined = new Null()): Sequence {
  return derSequence(new ObjectIdentifier({ value: oid }), parameters)
}

/** The elements of a SEQUENCE. */
export function derElements(der: Uint8Array): readonly AsnType[] {
  const { result } = fromBER(der)
  if (!(result instanceof Sequence)) throw new Error('no SEQUENCE')
  return result.valueBlock.value
}

/** What an OCTET STRING holds. */
export function derOctets(value: AsnType | undefined): Buffer {
  if (!(value instanceof OctetString)) throw new Error('no OCTET STRING')
  return Buffer.from(value.getValue())
}
