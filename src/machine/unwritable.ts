/**
 * Failures to write as our errors.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { reasonOf } from './errno.ts'

/** ERR_OUTPUT_UNWRITABLE that names the path and the reason. */
export function unwritable(path: string, cause: unknown): RolesAnywhereError {
  const reason = reasonOf(cause, { ENOENT: 'no such file or folder (a dangling link?)' })
  return new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', `cannot write "${path}": ${reason}`, {
    hint: 'the old file is as it was; make the place writable and try again',
    cause,
  })
}
