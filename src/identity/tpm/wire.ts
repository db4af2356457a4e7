/**
 * Reading and writing TPM structures: big-endian integers and buffers with a two-byte size before them.
 *
 * @see TPM 2.0 Library, Part 1 (Architecture), "Marshaling"; Part 2 (Structures), section 10.4
 * @module
 */

/** An answer or key file that is not what its own sizes say. */
export class TpmFormatError extends Error {
  override readonly name = 'TpmFormatError'
}

export function uint8(value: number): Buffer {
  return Buffer.of(value)
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** TPM2B: the size as UINT16, then the bytes (Part 2, section 10.4.1). */
export function sized(...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts)
  return Buffer.concat([uint16(bytes.length), bytes])
}

/** Reads structures from the front of a buffer. */
export class TpmReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE()
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE()
  }

  /** @throws {TpmFormatError} when fewer bytes are left. */
  bytes(length: number): Buffer {
    if (length > this.remaining) throw new TpmFormatError('a TPM structure is cut off')
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }

  /** TPM2B: the bytes without their size. */
  sized(): Buffer {
    return this.bytes(this.uint16())
  }

  /** @throws {TpmFormatError} when bytes are left over. */
  end(): void {
    if (this.remaining > 0) throw new TpmFormatError('bytes follow a TPM structure')
  }
}
