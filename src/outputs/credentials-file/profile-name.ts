/**
 * Which names a profile may be written under.
 *
 * @see AWS SDKs and Tools Reference Guide, "Format of the credentials file"
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'

/** What every SDK accepts between the brackets. */
const PORTABLE = /^[A-Za-z0-9\-/.%@_:+]+$/

/** What would end the header early, or not come back out of it as it went in. */
const UNWRITABLE = /[\p{Cc}[\]#;]|^ | $/u

/**
 * Refuses a name that cannot be a section header. The answer is whether every SDK reads a section of
 * that name: some take it with blanks in it, others ignore it then.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE
 */
export function checkProfileName(name: string): { readonly isPortable: boolean } {
  if (name === '' || UNWRITABLE.test(name)) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      `${JSON.stringify(name)} cannot be the name of a profile`,
      { hint: says`use letters, digits and - / . % @ _ : + in ${setting('targetProfile')}` },
    )
  }
  return { isPortable: PORTABLE.test(name) }
}
