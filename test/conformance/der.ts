/**
 * DER written byte by byte, so that a test can write it wrong.
 *
 * @see ITU-T X.690
 * @module
 */

/** One value with its tag and length. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content])
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts)
export const set = (...parts: readonly Buffer[]): Buffer => tlv(0x31, ...parts)
export const octetString = (...parts: readonly Buffer[]): Buffer => tlv(0x04, ...parts)
export const bitString = (bits: Buffer, unused = 0): Buffer =>
  tlv(0x03, Buffer.from([unused]), bits)
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]))
export const nothing = (): Buffer => tlv(0x05)
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text))
export const printableString = (text: string): Buffer => tlv(0x13, Buffer.from(text, 'latin1'))
export const ia5String = (text: string): Buffer => tlv(0x16, Buffer.from(text, 'latin1'))
export const utcTime = (text: string): Buffer => tlv(0x17, Buffer.from(text, 'latin1'))
export const generalizedTime = (text: string): Buffer => tlv(0x18, Buffer.from(text, 'latin1'))

/** `[n]` around other values. */
export const explicit = (tag: number, ...parts: readonly Buffer[]): Buffer =>
  tlv(0xa0 | tag, ...parts)
/** `[n]` in place of the tag of a primitive value. */
export const implicit = (tag: number, content: Buffer): Buffer => tlv(0x80 | tag, content)

export function integer(value: bigint | number): Buffer {
  return tlv(0x02, integerContent(BigInt(value)))
}

/** Two's complement in as few octets as possible. */
export function integerContent(value: bigint): Buffer {
  let bits = 8
  while (BigInt.asIntN(bits, value) !== value) bits += 8
  return Buffer.from(
    BigInt.asUintN(bits, value)
      .toString(16)
      .padStart(bits / 4, '0'),
    'hex',
  )
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Named bits; bit 0 is the most significant one of the first octet. */
export function namedBits(...bits: readonly number[]): Buffer {
  const highest = Math.max(...bits)
  const octets = Buffer.alloc((highest >> 3) + 1)
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(octets, 7 - (highest & 7))
}

/** In the form that the year asks for. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  const inUtcTime = at.getUTCFullYear() >= 1950 && at.getUTCFullYear() < 2050
  return inUtcTime ? utcTime(`${digits.slice(2)}Z`) : generalizedTime(`${digits}Z`)
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets = Buffer.from(
    length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'),
    'hex',
  )
  return Buffer.concat([Buffer.from([0x80 | octets.length]), octets])
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift(0x80 | (rest & 0x7f))
  return groups
}
