/**
 * From what a user may say about a session to what CreateSession is asked for.
 *
 * @module
 */

import type { ProfileArn, RoleArn, TrustAnchorArn } from './arn.ts'
import {
  checkCreateSessionParameters,
  type CreateSessionParameters,
} from './create-session-request.ts'
import { chooseEndpoint } from './endpoint.ts'

/** Under the names of the settings. */
export interface SessionOptions {
  readonly trustAnchorArn: TrustAnchorArn
  readonly profileArn: ProfileArn
  readonly roleArn: RoleArn
  /** Seconds, 900 to 43,200. Default: the Roles Anywhere profile's own. */
  readonly sessionDuration?: number | undefined
  /** Default: AWS names the session after the certificate's serial number. */
  readonly roleSessionName?: string | undefined
  /** Default: the trust anchor's, and no other is accepted. */
  readonly region?: string | undefined
  /** Default: the region's. */
  readonly endpoint?: URL | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
}

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_ARN_DISAGREEMENT, ERR_USAGE_INVALID_VALUE,
 *   ERR_USAGE_CONFLICT.
 */
export function sessionParameters(options: SessionOptions): CreateSessionParameters {
  const region = options.region ?? options.trustAnchorArn.region
  const parameters: CreateSessionParameters = {
    trustAnchorArn: options.trustAnchorArn,
    profileArn: options.profileArn,
    roleArn: options.roleArn,
    region,
    endpoint: chooseEndpoint({
      region,
      useFips: options.useFipsEndpoint,
      useDualstack: options.useDualstackEndpoint,
      endpointUrl: options.endpoint?.href,
    }),
    durationSeconds: options.sessionDuration,
    roleSessionName: options.roleSessionName,
  }
  checkCreateSessionParameters(parameters)
  return parameters
}
