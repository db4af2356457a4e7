/**
 * Which passwords and PINs a TPM or token has refused in this process, so that none is sent a second
 * time: `serve` runs for months and loads its identity anew, and every wrong try brings a lock nearer.
 *
 * @see reliability.md T22
 * @module
 */

import { createHmac, randomBytes } from 'node:crypto'

export class RefusedPasswords {
  /** What is kept cannot be taken for the password, nor compared with one by another process. */
  readonly #secret = randomBytes(32)
  readonly #refused = new Set<string>()

  add(key: string, password: Uint8Array): void {
    this.#refused.add(this.#digest(key, password))
  }

  has(key: string, password: Uint8Array): boolean {
    return this.#refused.has(this.#digest(key, password))
  }

  #digest(key: string, password: Uint8Array): string {
    return createHmac('sha256', this.#secret)
      .update(key)
      .update('\0')
      .update(password)
      .digest('hex')
  }
}
