/**
 * The hash of the hash of the hash, some 600,000 times: the inner loop of PKCS#12 key derivation.
 *
 * For SHA-1 and SHA-256 the loop runs the compression function of `@noble/hashes` on one prepared
 * block: a call into OpenSSL for each of millions of 20-byte inputs costs four times as much. It
 * yields to the event loop now and then, since `serve` answers requests while a key is opened.
 *
 * @see RFC 7292 appendix B.2, step 6A; RFC 8018 section 5.1
 * @module
 */

import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { _SHA1 } from '@noble/hashes/legacy.js'
import { _SHA256 } from '@noble/hashes/sha2.js'

/** Iterations between two looks at the event loop: some 30 ms. */
const ITERATIONS_PER_TURN = 65_536

/**
 * `hash` applied `count` times: H(H(…H(data))).
 *
 * @param algorithm a name that `node:crypto` knows.
 * @param count at least 1; the caller has checked it against a {@link KdfBudget}.
 */
export async function iterateHash(
  algorithm: string,
  data: Uint8Array,
  count: number,
): Promise<Uint8Array> {
  let digest: Uint8Array = hash(algorithm, data, 'buffer')
  const createRehash = REHASHES[algorithm]
  const rehash =
    createRehash === undefined
      ? (input: Uint8Array) => hash(algorithm, input, 'buffer')
      : createRehash()
  for (let done = 1; done < count; done += 1) {
    digest = rehash(digest)
    if (done % ITERATIONS_PER_TURN === 0) await setImmediate()
  }
  return digest
}

/** One class for each hash: classes made anew for each derivation would cost V8 its fast path. */
class Sha1Block extends _SHA1 {
  readonly #initial = this.get()
  compress(block: DataView): readonly number[] {
    this.set(...this.#initial)
    this.process(block, 0)
    return this.get()
  }
}

class Sha256Block extends _SHA256 {
  readonly #initial = this.get()
  compress(block: DataView): readonly number[] {
    this.set(...this.#initial)
    this.process(block, 0)
    return this.get()
  }
}

const REHASHES: Readonly<Record<string, () => (digest: Uint8Array) => Uint8Array>> = {
  sha1: () => oneBlockHash(20, new Sha1Block()),
  sha256: () => oneBlockHash(32, new Sha256Block()),
}

/**
 * A digest is shorter than a block, so with the padding of FIPS 180-4 section 5.1.1 written once only
 * the compression function has to run.
 */
function oneBlockHash(
  digestBytes: number,
  state: { compress(block: DataView): readonly number[] },
): (digest: Uint8Array) => Uint8Array {
  const bytes = new Uint8Array(64)
  const block = new DataView(bytes.buffer)
  bytes[digestBytes] = 0x80
  block.setUint32(60, digestBytes * 8)
  const result = bytes.subarray(0, digestBytes)
  return (digest) => {
    if (digest !== result) bytes.set(digest)
    const words = state.compress(block)
    for (let index = 0; index < words.length; index += 1) {
      block.setInt32(index * 4, words[index] ?? 0)
    }
    return result
  }
}
