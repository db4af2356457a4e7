/**
 * The key derivation of PKCS#12 itself, used by its older ciphers and its usual MAC.
 *
 * @see RFC 7292 appendix B.2
 * @module
 */

import { iterateHash } from './iterated-hash.ts'

/** The ID byte of RFC 7292 appendix B.3: what the derived bytes are for. */
export const PKCS12_KDF_PURPOSE = { key: 1, iv: 2, mac: 3 } as const

export interface Pkcs12KdfOptions {
  /** A hash that `node:crypto` knows, with its block size in bytes (64 to 144). */
  readonly hash: { readonly name: string; readonly blockBytes: number }
  readonly purpose: keyof typeof PKCS12_KDF_PURPOSE
  /** BMPString with its two terminating zero bytes, see password-forms.ts. */
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  readonly length: number
}

/** Derives `length` bytes; the caller has checked the cost. */
export async function derivePkcs12(options: Pkcs12KdfOptions): Promise<Uint8Array> {
  const { hash, salt, password, iterations, length } = options
  const blockBytes = hash.blockBytes
  const diversifier = new Uint8Array(blockBytes).fill(PKCS12_KDF_PURPOSE[options.purpose])
  const input = Buffer.concat([fillBlocks(salt, blockBytes), fillBlocks(password, blockBytes)])

  const parts: Uint8Array[] = []
  let derivedBytes = 0
  for (;;) {
    const digest = Buffer.from(
      await iterateHash(hash.name, Buffer.concat([diversifier, input]), iterations),
    )
    parts.push(digest)
    derivedBytes += digest.length
    if (derivedBytes >= length) return Buffer.concat(parts).subarray(0, length)
    addToEveryBlock(input, fillBlocks(digest, blockBytes).subarray(0, blockBytes))
  }
}

/** `bytes` repeated until it fills whole blocks; nothing stays nothing. */
function fillBlocks(bytes: Uint8Array, blockBytes: number): Uint8Array {
  const filled = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes)
  for (let index = 0; index < filled.length; index += 1) {
    filled[index] = bytes[index % bytes.length] ?? 0
  }
  return filled
}

/** Step 6C: every block of `input` becomes block + `addend` + 1, modulo its size. */
function addToEveryBlock(input: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1
    for (let index = addend.length - 1; index >= 0; index -= 1) {
      carry += (input[start + index] ?? 0) + (addend[index] ?? 0)
      input[start + index] = carry & 0xff
      carry >>= 8
    }
  }
}
