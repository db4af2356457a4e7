/**
 * CreateSession itself: a verified request in, a session out.
 *
 * The credentials are shaped like real ones and worth nothing; the access key id says so. Leaves out
 * what only IAM decides: trust policies, session policies and tags.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession"
 * @module
 */

import { createHash, randomBytes, randomInt } from 'node:crypto'
import { serialHex, type Certificate } from './pkix/certificate.ts'
import { Refusal } from './refusal.ts'
import type { ResourceArn, SessionParameters } from './session-parameters.ts'

/** What profile and role allow. */
export interface SessionLimits {
  readonly acceptRoleSessionName: boolean
  /** Seconds: the profile's setting. */
  readonly profileDuration: number
  /** Seconds: the role's maximum. */
  readonly maxSessionDuration: number
}

export interface CreateSessionResult {
  /** An array by its shape, and one session in practice. */
  readonly credentialSet: readonly [AssumedSession]
  readonly subjectArn: string
}

export interface AssumedSession {
  readonly assumedRoleUser: { readonly arn: string; readonly assumedRoleId: string }
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string
    readonly expiration: string
  }
  /** Percent of what STS allows; nothing is packed here. */
  readonly packedPolicySize: number
  readonly roleArn: string
  readonly sourceIdentity: string
}

/** @throws {Refusal} session-name-not-allowed, duration-exceeds-role */
export function createSession(
  parameters: SessionParameters,
  leaf: Certificate,
  limits: SessionLimits,
  now: number,
): CreateSessionResult {
  const { roleArn, trustAnchorArn } = parameters
  if (parameters.roleSessionName !== undefined && !limits.acceptRoleSessionName) {
    const reason = 'roleSessionName was sent, and the profile does not accept one'
    throw new Refusal('session-name-not-allowed', reason)
  }
  const sessionName = parameters.roleSessionName ?? serialHex(leaf)
  const seconds = sessionSeconds(parameters, limits)
  return {
    credentialSet: [
      {
        assumedRoleUser: {
          arn: assumedRoleArn(roleArn, sessionName),
          assumedRoleId: `AROA${randomCharacters(17)}:${sessionName}`,
        },
        credentials: {
          accessKeyId: `ASIAEMULATOR${randomCharacters(8)}`,
          secretAccessKey: randomBytes(30).toString('base64'),
          sessionToken: randomBytes(660).toString('base64'),
          expiration: wholeSeconds(now + seconds * 1000),
        },
        packedPolicySize: 0,
        roleArn: roleArn.text,
        sourceIdentity: sourceIdentity(leaf),
      },
    ],
    subjectArn: subjectArn(trustAnchorArn, leaf),
  }
}

/** An instant as `YYYY-MM-DDTHH:MM:SSZ`. */
export function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** The profile's setting is a cap that is applied in silence; the role's maximum is not. */
function sessionSeconds(
  { durationSeconds, roleArn }: SessionParameters,
  { profileDuration, maxSessionDuration }: SessionLimits,
): number {
  const seconds = Math.min(durationSeconds ?? profileDuration, profileDuration)
  if (seconds > maxSessionDuration) {
    // Both sentences are recorded; how the service joins them is not.
    const reason =
      `Unable to assume role for ${roleArn.text}: ` +
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
    throw new Refusal('duration-exceeds-role', reason)
  }
  return seconds
}

function assumedRoleArn({ partition, accountId, resource }: ResourceArn, session: string): string {
  const roleName = resource.slice(resource.lastIndexOf('/') + 1)
  return `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${session}`
}

/** `CN=` makes room in STS's 64 characters only up to 61. */
function sourceIdentity(leaf: Certificate): string {
  const { commonName } = leaf
  if (commonName === undefined || commonName.length > 64) return `ID=${serialHex(leaf)}`
  return commonName.length <= 61 ? `CN=${commonName}` : commonName
}

/** The same certificate is always the same subject. */
function subjectArn({ partition, region, accountId }: ResourceArn, leaf: Certificate): string {
  const hash = createHash('sha256').update(leaf.der).digest('hex')
  const uuid = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([start, end]) => hash.slice(start, end))
    .join('-')
  return `arn:${partition}:rolesanywhere:${region}:${accountId}:subject/${uuid}`
}

function randomCharacters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
