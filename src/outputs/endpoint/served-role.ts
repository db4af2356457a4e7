/**
 * One role that the endpoint hands credentials out for.
 *
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import { quoted } from '../../core/printable.ts'
import { says, setting } from '../../core/wording.ts'
import type { RefreshStatus } from '../../session/refresh-engine.ts'

export interface ServedRole {
  /** Name of the settings profile, `default` without one: the last part of the container path. */
  readonly profile: string
  readonly roleArn: string
  readonly accountId: string
  readonly region: string
  /** Valid credentials from memory; waits for AWS only when there are none. */
  credentials(): Promise<SessionCredentials>
  /** Credentials from memory that are valid now, if there are any. */
  current(): SessionCredentials | undefined
  status(): RefreshStatus
  /** Not-after of the certificate in use. */
  certificateExpiresAt(): number
}

/** The name that IMDS shows: the last part of the ARN, as in EC2, without the role's path. */
export function roleName(role: ServedRole): string {
  return role.roleArn.slice(role.roleArn.lastIndexOf('/') + 1)
}

/** The path that hands out this role to clients with its token. Throws as `profileSegment` does. */
export function containerPath(role: ServedRole): string {
  return `/credentials/${profileSegment(role.profile)}`
}

/**
 * The name of a profile as one part of a URL's path and of a file's.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for a name that is none in either.
 */
export function profileSegment(profile: string): string {
  // Clients take `..` out of a path, and its percent-encoded form too; a lone half has no UTF-8.
  const isName = profile !== '.' && profile !== '..' && profile.isWellFormed()
  const segment = isName ? encodeURIComponent(profile) : ''
  if (segment !== '' && segment.length <= MAX_SEGMENT_LENGTH) return segment
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    says`the name of the profile ${quoted(profile)} cannot be part of a path (${setting('profile')})`,
    { hint: 'give the profile another name, of letters, digits and - _ .' },
  )
}

/** With room for the endings of files beside it: a name has 255 bytes at most. */
const MAX_SEGMENT_LENGTH = 180
