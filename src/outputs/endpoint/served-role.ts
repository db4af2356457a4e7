/**
 * One role that the endpoint hands credentials out for.
 *
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import type { RefreshStatus } from '../../session/refresh-engine.ts'

export interface ServedRole {
  /** Name of the settings profile, `default` without one: the last part of the container path. */
  readonly profile: string
  readonly roleArn: string
  readonly accountId: string
  readonly region: string
  /** Valid credentials from memory; waits for AWS only when there are none. */
  credentials(): Promise<SessionCredentials>
  status(): RefreshStatus
  /** Not-after of the certificate in use. */
  certificateExpiresAt(): number
}

/** The name that IMDS shows: the last part of the ARN, as in EC2, without the role's path. */
export function roleName(role: ServedRole): string {
  return role.roleArn.slice(role.roleArn.lastIndexOf('/') + 1)
}

/** The path that hands out this role to clients with its token. */
export function containerPath(role: ServedRole): string {
  return `/credentials/${encodeURIComponent(role.profile)}`
}
