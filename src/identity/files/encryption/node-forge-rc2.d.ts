/** The one module of node-forge that is used: RC2 in CBC mode (RFC 2268). */
declare module 'node-forge/lib/rc2.js' {
  interface ByteStringBuffer {
    getBytes(): string
  }
  interface Rc2Cipher {
    output: ByteStringBuffer
    start(iv: string): void
    update(input: ByteStringBuffer): void
    /** False when the padding is wrong. */
    finish(): boolean
  }
  const rc2: {
    /** `key` is a string of bytes; `effectiveKeyBits` is RFC 2268's T1. */
    createDecryptionCipher(key: string, effectiveKeyBits: number): Rc2Cipher
  }
  export default rc2
}

declare module 'node-forge/lib/util.js' {
  const util: { createBuffer(bytes: string): import('node-forge/lib/rc2.js').ByteStringBuffer }
  export default util
}
