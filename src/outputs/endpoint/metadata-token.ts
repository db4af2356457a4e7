/**
 * IMDSv2 session tokens without a session: expiry, chance and a MAC over both.
 *
 * Nothing is stored, so that no flood of requests can push the token of an honest client out, and
 * memory stays as it is. The key lives as long as the process: tokens end with it.
 *
 * @see EC2 User Guide, "How Instance Metadata Service Version 2 works"; reliability.md T7, T8
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export const MAX_METADATA_TOKEN_TTL_SECONDS = 21_600

const EXPIRY_BYTES = 6
const NONCE_BYTES = 16
const MAC_BYTES = 32
const TOKEN_BYTES = EXPIRY_BYTES + NONCE_BYTES + MAC_BYTES

export class MetadataTokens {
  readonly #key = randomBytes(32)

  /** A token of 72 characters, each of which is safe in a header and a URL. */
  issue(ttlSeconds: number, now: number): string {
    const payload = Buffer.alloc(EXPIRY_BYTES + NONCE_BYTES)
    payload.writeUIntBE(now + ttlSeconds * 1000, 0, EXPIRY_BYTES)
    randomBytes(NONCE_BYTES).copy(payload, EXPIRY_BYTES)
    return Buffer.concat([payload, this.#mac(payload)]).toString('base64url')
  }

  /** Whole seconds that the token is still good for; 0 when it is none of ours, or over. */
  secondsLeft(token: string, now: number): number {
    const bytes = Buffer.from(token, 'base64url')
    // The second test: base64url has several spellings for some bytes, and only ours is a token.
    if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== token) return 0
    const payload = bytes.subarray(0, EXPIRY_BYTES + NONCE_BYTES)
    if (!timingSafeEqual(bytes.subarray(payload.length), this.#mac(payload))) return 0
    const leftMs = payload.readUIntBE(0, EXPIRY_BYTES) - now
    return leftMs <= 0 ? 0 : Math.ceil(leftMs / 1000)
  }

  #mac(payload: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest()
  }
}
