/**
 * Reads a config file from disk without trusting what lies there.
 *
 * Synchronous: the program can do nothing else meanwhile, and starts sooner.
 *
 * @see reliability.md F8 (FIFOs, devices, huge files)
 * @module
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { RolesAnywhereError } from '../core/errors.ts'

/** Ten thousand profiles take about 3 MB. */
export const MAX_AWS_FILE_BYTES = 16 * 1_048_576

/** The bytes of a config file; undefined when there is none. May throw, then the file is unusable. */
export type ReadAwsFile = (path: string) => Uint8Array | undefined

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE, ERR_CONFIG_FILE_NOT_REGULAR,
 *   ERR_CONFIG_FILE_TOO_LARGE
 */
export const readAwsFile: ReadAwsFile = (path) => {
  let fd: number
  try {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (cause) {
    if (isErrno(cause, 'ENOENT') || isErrno(cause, 'ENOTDIR')) return undefined
    throw unreadable(path, cause)
  }
  try {
    const stats = fstatSync(fd)
    // Character devices, because `AWS_CONFIG_FILE=/dev/null` is how people say "no config file".
    if (!stats.isFile() && !stats.isCharacterDevice()) {
      throw new RolesAnywhereError('ERR_CONFIG_FILE_NOT_REGULAR', `"${path}" is not a file`, {
        hint: HINT,
      })
    }
    return readBounded(fd, path)
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unreadable(path, error)
  } finally {
    closeSync(fd)
  }
}

const HINT = 'check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE'
const CHUNK_BYTES = 65_536

function readBounded(fd: number, path: string): Uint8Array {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const length = readSync(fd, chunk)
    if (length === 0) return Buffer.concat(chunks)
    size += length
    if (size > MAX_AWS_FILE_BYTES) {
      throw new RolesAnywhereError(
        'ERR_CONFIG_FILE_TOO_LARGE',
        `"${path}" is larger than ${MAX_AWS_FILE_BYTES} bytes`,
        { hint: HINT },
      )
    }
    chunks.push(chunk.subarray(0, length))
  }
}

function unreadable(path: string, cause: unknown): RolesAnywhereError {
  const reason = isErrno(cause, 'EACCES')
    ? 'permission denied'
    : ((cause as NodeJS.ErrnoException).code ?? 'unknown error')
  return new RolesAnywhereError('ERR_CONFIG_FILE_UNREADABLE', `cannot read "${path}": ${reason}`, {
    hint: HINT,
    cause,
  })
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
