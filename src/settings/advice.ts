/**
 * What the place where a setting was given has to do with a failure further on.
 *
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import type { GivenSetting } from './given-settings.ts'
import { describeOrigin } from './origin.ts'

/** A further hint, where there is one. */
export function adviceOn(
  error: RolesAnywhereError,
  given: readonly GivenSetting[],
): string | undefined {
  const culprit = given.find(({ row }) => row.name === error.setting)
  if (culprit?.isRelativePath === true && error.code === 'ERR_CONFIG_FILE_UNREADABLE') {
    return 'in a profile, write it absolute: as it stands it is relative to where the program runs'
  }
  const endpoint = given.find(({ row }) => row.name === 'endpoint')
  if (error.family !== 'network' || endpoint === undefined) return undefined
  const { row, origin } = endpoint
  const ofAws = [...(row.awsEnv ?? []), ...(row.generalEnv ?? []), ...(row.awsProfileKeys ?? [])]
  // Many set it for another service, such as a LocalStack, and forget that it speaks to all.
  return ofAws.includes(origin.name)
    ? `the endpoint comes from ${describeOrigin(origin)}; --ignore-configured-endpoint-urls leaves it out`
    : undefined
}
