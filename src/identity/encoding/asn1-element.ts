/**
 * Reading ASN.1 values with `asn1js`: one checked step at a time, and one kind of error.
 *
 * PKCS#12 files come in BER: indefinite lengths, and octet strings cut into pieces. asn1js parses both
 * within limits of depth and size; the accessors here put the pieces together and refuse every value
 * of another type than the caller expects, which mapping a file onto classes would let pass.
 *
 * @see ITU-T X.690
 * @module
 */

import * as asn1js from 'asn1js'

/** A file of the formats read here nests some 12 levels deep. */
const LIMITS = { maxDepth: 32, maxNodes: 20_000, maxContentLength: 2 ** 21, parseEmbedded: false }

const UNIVERSAL = 1
const CONTEXT = 3

/** What is wrong with the encoding. The readers of each format turn it into an error with a name. */
export class Asn1Error extends Error {
  override readonly name = 'Asn1Error'
}

export class Asn1Element {
  readonly #block: asn1js.BaseBlock

  private constructor(block: asn1js.BaseBlock) {
    this.#block = block
  }

  /** @throws {Asn1Error} unless `bytes` is exactly one value. */
  static parse(bytes: Uint8Array): Asn1Element {
    const { result, offset } = decode(bytes)
    if (offset === -1 || result.error !== '') throw new Asn1Error(result.error || 'not ASN.1')
    if (offset !== bytes.length) throw new Asn1Error('bytes follow the value')
    return new Asn1Element(result)
  }

  /** The encoding as it stands in the file, with tag and length. */
  get encoding(): Uint8Array {
    return this.#block.valueBeforeDecodeView
  }

  /** The elements of a SEQUENCE. */
  sequence(): readonly Asn1Element[] {
    if (!(this.#block instanceof asn1js.Sequence)) throw this.#notA('SEQUENCE')
    return this.#block.valueBlock.value.map((block) => new Asn1Element(block))
  }

  /** The elements of a SET. */
  set(): readonly Asn1Element[] {
    if (!(this.#block instanceof asn1js.Set)) throw this.#notA('SET')
    return this.#block.valueBlock.value.map((block) => new Asn1Element(block))
  }

  oid(): string {
    if (!(this.#block instanceof asn1js.ObjectIdentifier)) throw this.#notA('OBJECT IDENTIFIER')
    return this.#block.valueBlock.toString()
  }

  isOid(): boolean {
    return this.#block instanceof asn1js.ObjectIdentifier
  }

  isSequence(): boolean {
    return this.#block instanceof asn1js.Sequence
  }

  isInteger(): boolean {
    return this.#block instanceof asn1js.Integer
  }

  bigInteger(): bigint {
    if (!(this.#block instanceof asn1js.Integer)) throw this.#notA('INTEGER')
    return this.#block.toBigInt()
  }

  /** An INTEGER from 0 to 2^53 - 1. */
  integer(): number {
    const value = this.bigInteger()
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new Asn1Error('an INTEGER is negative or too large')
    }
    return Number(value)
  }

  /** Any non-zero byte is true: several writers of TPM keys put 1 where DER wants 0xFF. */
  boolean(): boolean {
    if (!(this.#block instanceof asn1js.Boolean)) throw this.#notA('BOOLEAN')
    return this.#block.valueBlock.value
  }

  /** The bytes of an OCTET STRING, put together where BER cut it into pieces. */
  octets(): Uint8Array {
    if (!(this.#block instanceof asn1js.OctetString)) throw this.#notA('OCTET STRING')
    return joinPieces(this.#block)
  }

  isOctets(): boolean {
    return this.#block instanceof asn1js.OctetString
  }

  /** The text of any character string type. */
  text(): string {
    if (!isCharacterString(this.#block)) throw this.#notA('character string')
    return this.#block.getValue()
  }

  isText(): boolean {
    return isCharacterString(this.#block)
  }

  /** Whether this is the context-specific tag `[number]`. */
  isTagged(number: number): boolean {
    const { tagClass, tagNumber } = this.#block.idBlock
    return tagClass === CONTEXT && tagNumber === number
  }

  /** The one value inside `[number] EXPLICIT`. */
  explicit(number: number): Asn1Element {
    const inner = this.isTagged(number) ? this.#children() : []
    const [only] = inner
    if (only === undefined || inner.length !== 1) throw this.#notA(`[${number}] EXPLICIT value`)
    return only
  }

  /** The bytes of `[number] IMPLICIT OCTET STRING`, whole or in pieces. */
  implicitOctets(number: number): Uint8Array {
    if (!this.isTagged(number)) throw this.#notA(`[${number}] IMPLICIT OCTET STRING`)
    return joinPieces(this.#block)
  }

  #children(): readonly Asn1Element[] {
    if (!(this.#block instanceof asn1js.Constructed)) return []
    return this.#block.valueBlock.value.map((block) => new Asn1Element(block))
  }

  #notA(expected: string): Asn1Error {
    const { tagClass, tagNumber } = this.#block.idBlock
    const found = tagClass === UNIVERSAL ? `tag ${tagNumber}` : `[${tagNumber}]`
    return new Asn1Error(`expected ${expected}, found ${found}`)
  }
}

/** @throws {Asn1Error} when there are fewer elements. */
export function element(elements: readonly Asn1Element[], index: number): Asn1Element {
  const found = elements[index]
  if (found === undefined) throw new Asn1Error(`element ${index + 1} is missing`)
  return found
}

/** asn1js reports most faults in its result, and throws those of dates and some strings (3.1.0). */
function decode(bytes: Uint8Array): { readonly result: asn1js.BaseBlock; readonly offset: number } {
  try {
    return asn1js.fromBER(bytes, LIMITS)
  } catch (cause) {
    throw new Asn1Error('a value does not decode', { cause })
  }
}

/** Its class is generic over what its value is; for all of them that is text. */
function isCharacterString(
  block: asn1js.BaseBlock,
): block is asn1js.BaseBlock & { getValue(): string } {
  return block instanceof asn1js.BaseStringBlock
}

function joinPieces(block: asn1js.BaseBlock): Uint8Array {
  if (block instanceof asn1js.Constructed || isCutOctetString(block)) {
    return Buffer.concat(
      block.valueBlock.value.map((piece) => {
        if (!(piece instanceof asn1js.OctetString))
          throw new Asn1Error('a piece is no OCTET STRING')
        return joinPieces(piece)
      }),
    )
  }
  if (!(block instanceof asn1js.OctetString || block instanceof asn1js.Primitive)) {
    throw new Asn1Error('a piece is no OCTET STRING')
  }
  return block.valueBlock.valueHexView
}

function isCutOctetString(block: asn1js.BaseBlock): block is asn1js.OctetString {
  return block instanceof asn1js.OctetString && block.idBlock.isConstructed
}
