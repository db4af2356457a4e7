/**
 * Reads a descriptor that whoever started us has opened. Loaded only when one is named.
 *
 * A pipe may stay silent for ever. A read(2) that waits for it in one of Node's threads cannot be ended,
 * and neither can the process then, by anything but SIGKILL; so what can be silent is polled instead.
 * That also serves pipes that come as non-blocking.
 *
 * @module
 */

import { fstat } from 'node:fs'
import { Socket } from 'node:net'
import { ReadStream, isatty } from 'node:tty'
import { promisify } from 'node:util'
import { readAtMost } from './bounded-read.ts'
import { mayBeInherited } from './descriptors.ts'

/** The descriptor is none that was given to us. */
export class NotInherited extends Error {}

/**
 * Everything up to the end of the descriptor; `undefined` for more than `maxBytes`.
 *
 * @throws {NotInherited} for one of Node's own; the system's own error; an `AbortError` when `signal` is aborted.
 */
export async function readDescriptor(
  fd: number,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  if (!mayBeInherited(fd)) throw new NotInherited(`descriptor ${fd}`)
  const stats = await promisify(fstat)(fd)
  if (isatty(fd)) return await readStream(new ReadStream(fd, { signal }), maxBytes)
  if (stats.isFIFO() || stats.isSocket()) {
    return await readStream(new Socket({ fd, readable: true, writable: false, signal }), maxBytes)
  }
  return await readAtMost(fd, maxBytes)
}

async function readStream(stream: Socket, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) return undefined
    }
    return Buffer.concat(chunks)
  } finally {
    for (const chunk of chunks) chunk.fill(0)
  }
}
