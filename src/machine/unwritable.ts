/**
 * Failures of the file system as our errors.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reports an input/output error',
  ELOOP: 'too many symbolic links',
  ENOENT: 'no such file or folder (a dangling link?)',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the name is too long',
}

/** ERR_OUTPUT_UNWRITABLE that names the path and the reason. */
export function unwritable(path: string, cause: unknown): RolesAnywhereError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  return new RolesAnywhereError(
    'ERR_OUTPUT_UNWRITABLE',
    `cannot write "${path}": ${REASONS[code] ?? code}`,
    { hint: 'the old file is as it was; make the place writable and try again', cause },
  )
}
