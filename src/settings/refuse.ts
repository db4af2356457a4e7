/**
 * What becomes of a setting that is wrong: every command ends there, but the doctor, which goes on and
 * looks at the rest.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'

/** Takes a refusal; where it returns, what was refused counts as not given. */
export type Refuse = (error: RolesAnywhereError) => void

/** As every command but one wants it. */
export function rethrow(error: RolesAnywhereError): never {
  throw error
}

/** What `work` comes to, or undefined once its refusal was taken. */
export function unlessRefused<T>(refuse: Refuse, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    refuse(error)
    return undefined
  }
}
