/**
 * Catches the one error that a call must end in.
 *
 * @module
 */

import { RolesAnywhereError } from '../../src/core/errors.ts'

/** The error of this project that `call` throws; anything else fails the test. */
export function refusalOf(call: () => unknown): RolesAnywhereError {
  try {
    call()
  } catch (error) {
    if (error instanceof RolesAnywhereError) return error
    throw error
  }
  throw new Error('the call was expected to be refused')
}
