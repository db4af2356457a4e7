/**
 * CreateSession as an unsigned HTTP request, with every documented limit of its members.
 *
 * The ARNs go in the JSON body: as query parameters they would depend on how both sides encode `=`
 * and `+` in a role's name. Signing and sending are others' work; the transport adds `user-agent`.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession"
 * @module
 */

import { amzDate } from './amz-date.ts'
import { checkArnAgreement } from './arn.ts'
import type { ProfileArn, RoleArn, TrustAnchorArn } from './arn.ts'
import { certificateHeaders } from './certificate-headers.ts'
import { checkRegion } from './endpoint.ts'
import { RolesAnywhereError } from './errors.ts'
import type { HttpRequest, Identity } from './ports.ts'
import { quoted } from './printable.ts'
import { says, setting } from './wording.ts'

export interface CreateSessionParameters {
  readonly trustAnchorArn: TrustAnchorArn
  readonly profileArn: ProfileArn
  readonly roleArn: RoleArn
  /** Region that the signature is for: the trust anchor's. */
  readonly region: string
  /** Base URL of the service; a base path is kept. */
  readonly endpoint: URL
  /** Seconds, 900 to 43,200. Left out, the profile's own duration holds. */
  readonly durationSeconds?: number | undefined
  /** Left out, AWS names the session after the certificate's serial number. */
  readonly roleSessionName?: string | undefined
}

/** Shortest session that may be asked for, in seconds. */
export const MIN_DURATION_SECONDS = 900
/** Longest session that may be asked for, in seconds. */
export const MAX_DURATION_SECONDS = 43_200

/**
 * Refuses what AWS would refuse, before anything is signed.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_ARN_DISAGREEMENT, ERR_USAGE_INVALID_VALUE
 */
export function checkCreateSessionParameters(parameters: CreateSessionParameters): void {
  const { trustAnchorArn, region, durationSeconds, roleSessionName } = parameters
  checkArnAgreement(parameters)
  checkRegion(region)
  if (region !== trustAnchorArn.region) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_ARN_DISAGREEMENT',
      `the request is for region "${region}", the trust anchor is in "${trustAnchorArn.region}"`,
      { hint: says`leave out ${setting('region')}: the trust anchor's region is used` },
    )
  }
  if (
    durationSeconds !== undefined &&
    !(
      Number.isInteger(durationSeconds) &&
      durationSeconds >= MIN_DURATION_SECONDS &&
      durationSeconds <= MAX_DURATION_SECONDS
    )
  ) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      `a session of ${durationSeconds} seconds cannot be asked for`,
      {
        hint: says`${setting('sessionDuration')} takes whole seconds from ${MIN_DURATION_SECONDS} to ${MAX_DURATION_SECONDS}`,
      },
    )
  }
  if (roleSessionName !== undefined && !/^[\w+=,.@-]{2,64}$/.test(roleSessionName)) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      `${quoted(roleSessionName)} cannot be a role session name`,
      {
        hint: says`${setting('roleSessionName')} takes 2 to 64 letters, digits and _ + = , . @ -`,
      },
    )
  }
}

/**
 * The unsigned request for the instant `atMs` (milliseconds since the epoch).
 *
 * @throws {RolesAnywhereError} as checkCreateSessionParameters; ERR_CONFIG_CHAIN_INVALID
 */
export function createSessionRequest(
  parameters: CreateSessionParameters,
  identity: Pick<Identity, 'certificate' | 'chain'>,
  atMs: number,
): HttpRequest {
  checkCreateSessionParameters(parameters)
  const url = new URL(parameters.endpoint)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/sessions`
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      // URL.host holds the port exactly when it is not the scheme's own.
      host: url.host,
      'x-amz-date': amzDate(atMs),
      ...certificateHeaders(identity),
    },
    // JSON.stringify leaves out members that are undefined: a default is never sent.
    body: Buffer.from(
      JSON.stringify({
        profileArn: parameters.profileArn.text,
        roleArn: parameters.roleArn.text,
        trustAnchorArn: parameters.trustAnchorArn.text,
        durationSeconds: parameters.durationSeconds,
        roleSessionName: parameters.roleSessionName,
      }),
    ),
  }
}
