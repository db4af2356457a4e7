/**
 * Damage with a seed: the same number gives the same damaged bytes on every machine.
 *
 * @module
 */

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One to four injuries: flipped bits, set bytes, cuts, repeats, inserts, and edited lengths. */
export function mutate(original: Buffer, random: () => number): Buffer {
  let bytes: Buffer = Buffer.from(original)
  const injuries = 1 + Math.floor(random() * 4)
  for (let count = 0; count < injuries; count += 1) bytes = injure(bytes, random)
  return bytes
}

function injure(bytes: Buffer, random: () => number): Buffer {
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const at = upTo(Math.max(bytes.length, 1))
  const length = 1 + upTo(32)
  const head = bytes.subarray(0, at)
  const tail = bytes.subarray(at + length)
  switch (upTo(7)) {
    case 0:
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(8))
      return bytes
    case 1:
      if (bytes.length > 0) bytes[at] = upTo(256)
      return bytes
    case 2:
      return Buffer.from(head)
    case 3:
      return Buffer.concat([head, tail])
    case 4:
      return Buffer.concat([head, bytes.subarray(at, at + length), bytes.subarray(at)])
    case 5:
      return Buffer.concat([head, Buffer.alloc(length, upTo(256)), bytes.subarray(at)])
    default: {
      // What often is a length: one more, one less, the longest, the indefinite.
      const edits = [1, -1, 0x7f, 0x80, 0x84, 0xff]
      const edit = edits[upTo(edits.length)] ?? 0
      if (bytes.length > 1) {
        bytes[at] = Math.abs(edit) === 1 ? ((bytes[at] ?? 0) + edit) & 0xff : edit
      }
      return bytes
    }
  }
}
