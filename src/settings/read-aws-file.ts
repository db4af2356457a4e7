/**
 * Reads a config file from disk without trusting what lies there.
 *
 * @see reliability.md F8 (FIFOs, devices, huge files)
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { errnoOf } from '../machine/errno.ts'
import { readSmallFileSync } from '../machine/read-file.ts'

/** Ten thousand profiles take about 3 MB. */
export const MAX_AWS_FILE_BYTES = 16 * 1_048_576

/** The bytes of a config file; undefined when there is none. May throw, then the file is unusable. */
export type ReadAwsFile = (path: string) => Uint8Array | undefined

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE, ERR_CONFIG_FILE_NOT_REGULAR,
 *   ERR_CONFIG_FILE_TOO_LARGE
 */
export const readAwsFile: ReadAwsFile = (path) => {
  try {
    // Devices, because `AWS_CONFIG_FILE=/dev/null` is how people say "no config file".
    return readSmallFileSync(path, NAMED, { maxBytes: MAX_AWS_FILE_BYTES, mayBeDevice: true }).bytes
  } catch (error) {
    const isMissing = error instanceof RolesAnywhereError && isAbsence(errnoOf(error.cause))
    if (isMissing) return undefined
    throw error
  }
}

const NAMED = 'AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE'

function isAbsence(code: string | undefined): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR'
}
