/**
 * What somebody set up at AWS: which trust anchor, profiles and roles there are, and which of them are
 * switched off.
 *
 * Without any of it everything exists and is allowed, so that a test names its own ARNs.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession"
 * @module
 */

import { Refusal } from './refusal.ts'
import type { SessionParameters } from './session-parameters.ts'

export interface Resources {
  /** The only one there is; any when absent. */
  readonly trustAnchorArn?: string | undefined
  /** Default true. */
  readonly trustAnchorEnabled?: boolean | undefined
  /** The profiles there are; any when absent. */
  readonly profileArns?: readonly string[] | undefined
  /** Default true. */
  readonly profileEnabled?: boolean | undefined
  /** The roles that the profile lists; any when absent. */
  readonly roleArns?: readonly string[] | undefined
}

/** @throws {Refusal} resource-not-found, resource-disabled */
export function checkTrustAnchor({ trustAnchorArn }: SessionParameters, there: Resources): void {
  if (there.trustAnchorArn !== undefined && there.trustAnchorArn !== trustAnchorArn.text) {
    throw new Refusal('resource-not-found', `there is no trust anchor ${trustAnchorArn.text}`)
  }
  if (there.trustAnchorEnabled === false) {
    throw new Refusal('resource-disabled', `the trust anchor ${trustAnchorArn.text} is disabled`)
  }
}

/** @throws {Refusal} resource-not-found, resource-disabled, role-not-allowed */
export function checkProfile({ profileArn, roleArn }: SessionParameters, there: Resources): void {
  if (there.profileArns?.includes(profileArn.text) === false) {
    throw new Refusal('resource-not-found', `there is no profile ${profileArn.text}`)
  }
  if (there.profileEnabled === false) {
    throw new Refusal('resource-disabled', `the profile ${profileArn.text} is disabled`)
  }
  if (there.roleArns?.includes(roleArn.text) === false) {
    const reason = `the profile ${profileArn.text} does not list the role ${roleArn.text}`
    throw new Refusal('role-not-allowed', reason, `Unable to assume role for ${roleArn.text}`)
  }
}
