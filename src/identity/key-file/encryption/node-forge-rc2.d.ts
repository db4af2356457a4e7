/**
 * Types of the two modules of node-forge that are used: RC2 in CBC mode (RFC 2268) and its buffers.
 *
 * @module
 */

declare module 'node-forge/lib/util.js' {
  export interface ByteStringBuffer {
    getBytes(): string
  }
  const util: { createBuffer(bytes: string): ByteStringBuffer }
  export default util
}

declare module 'node-forge/lib/rc2.js' {
  import type { ByteStringBuffer } from 'node-forge/lib/util.js'

  interface Rc2Cipher {
    output: ByteStringBuffer
    start(iv: string): void
    update(input: ByteStringBuffer): void
    /** False when the input was no whole number of blocks. */
    finish(): boolean
  }
  const rc2: {
    /** `key` is a string of bytes; `effectiveKeyBits` is RFC 2268's T1. */
    createDecryptionCipher(key: string, effectiveKeyBits: number): Rc2Cipher
  }
  export default rc2
}
