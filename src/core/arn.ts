/**
 * The three ARNs of CreateSession as checked types, and the rule that they belong together.
 *
 * Only the form is checked: whether the resource exists is for AWS to say.
 *
 * @see protocol: IAM Roles Anywhere User Guide, "CreateSession", request members; botocore model
 *   `rolesanywhere/2018-05-10` for lengths and patterns
 * @module
 */

import { knownPartitionOf } from './endpoint.ts'
import { RolesAnywhereError } from './errors.ts'
import { quoted } from './printable.ts'
import { says, setting } from './wording.ts'

export interface Arn {
  /** The ARN as given. */
  readonly text: string
  /** `aws`, `aws-cn`, `aws-us-gov` … */
  readonly partition: string
  /** Empty for a role: IAM is global. */
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
  /** What follows the account: `trust-anchor/ID`, `profile/ID`, `role/PATH/NAME`. */
  readonly resource: string
}

export type TrustAnchorArn = Arn & { readonly kind: 'trust-anchor' }
export type ProfileArn = Arn & { readonly kind: 'profile' }
export type RoleArn = Arn & { readonly kind: 'role' }

/** @throws {RolesAnywhereError} ERR_CONFIG_ARN_INVALID */
export function parseTrustAnchorArn(text: string): TrustAnchorArn {
  return { kind: 'trust-anchor', ...parseArn(text, 'trust-anchor') }
}

/** @throws {RolesAnywhereError} ERR_CONFIG_ARN_INVALID */
export function parseProfileArn(text: string): ProfileArn {
  return { kind: 'profile', ...parseArn(text, 'profile') }
}

/** @throws {RolesAnywhereError} ERR_CONFIG_ARN_INVALID */
export function parseRoleArn(text: string): RoleArn {
  return { kind: 'role', ...parseArn(text, 'role') }
}

/**
 * Refuses ARNs that cannot work together: Roles Anywhere wants trust anchor, profile and role in one
 * partition and account, trust anchor and profile in one region, and the region in that partition.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_ARN_DISAGREEMENT
 */
export function checkArnAgreement(arns: {
  readonly trustAnchorArn: TrustAnchorArn
  readonly profileArn: ProfileArn
  readonly roleArn: RoleArn
}): void {
  const { trustAnchorArn: anchor, profileArn: profile, roleArn: role } = arns
  for (const [other, fact, name] of [
    [profile, 'partition', 'partition'],
    [role, 'partition', 'partition'],
    [profile, 'accountId', 'account'],
    [role, 'accountId', 'account'],
    [profile, 'region', 'region'],
  ] as const) {
    if (other[fact] === anchor[fact]) continue
    throw new RolesAnywhereError(
      'ERR_CONFIG_ARN_DISAGREEMENT',
      `the trust anchor is in ${name} "${anchor[fact]}", the ${other.kind} in ${name} "${other[fact]}"`,
      {
        hint: says`check ${KINDS['trust-anchor'].setting} and ${KINDS[other.kind].setting}: both must be in one ${name}`,
        detail: { trustAnchorArn: anchor.text, [`${other.kind}Arn`]: other.text },
      },
    )
  }
  const partition = knownPartitionOf(anchor.region)?.name ?? anchor.partition
  if (partition !== anchor.partition) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_ARN_DISAGREEMENT',
      `region "${anchor.region}" is in partition "${partition}", the ARNs say "${anchor.partition}"`,
      {
        hint: `ARNs of this region start with arn:${partition}:`,
        detail: { trustAnchorArn: anchor.text },
      },
    )
  }
}

type ArnKind = 'trust-anchor' | 'profile' | 'role'

// Every part is bounded, which keeps an ARN below the 1,011 characters of the service model.
const PREFIX = String.raw`arn:(?<partition>aws(?:-[a-z0-9-]{1,30})?)`
const REGIONAL = String.raw`${PREFIX}:rolesanywhere:(?<region>[a-z][a-z0-9-]{0,62}):(?<account>\d{12})`
const GLOBAL = String.raw`${PREFIX}:iam:(?<region>):(?<account>\d{12})`

const KINDS = {
  'trust-anchor': {
    noun: 'a trust anchor',
    setting: setting('trustAnchorArn'),
    pattern: new RegExp(String.raw`^${REGIONAL}:(?<resource>trust-anchor/[\w-]{1,128})$`),
    example: 'arn:aws:rolesanywhere:REGION:ACCOUNT:trust-anchor/ID',
  },
  profile: {
    noun: 'a profile',
    setting: setting('profileArn'),
    pattern: new RegExp(String.raw`^${REGIONAL}:(?<resource>profile/[\w-]{1,128})$`),
    example: 'arn:aws:rolesanywhere:REGION:ACCOUNT:profile/ID',
  },
  role: {
    noun: 'a role',
    setting: setting('roleArn'),
    // IAM: a path is 512 of printable ASCII with its slashes, a name is 64 of [\w+=,.@-].
    pattern: new RegExp(
      String.raw`^${GLOBAL}:(?<resource>role/(?:[\x21-\x7e]{1,510}/)?[\w+=,.@-]{1,64})$`,
    ),
    example: 'arn:aws:iam::ACCOUNT:role/NAME',
  },
} as const satisfies Record<ArnKind, object>

function parseArn(text: string, kind: ArnKind): Arn {
  const { partition, region, account, resource } = KINDS[kind].pattern.exec(text)?.groups ?? {}
  if (
    partition === undefined ||
    region === undefined ||
    account === undefined ||
    resource === undefined
  ) {
    throw invalidArn(text, kind)
  }
  return { text, partition, region, accountId: account, resource }
}

function invalidArn(text: string, kind: ArnKind): RolesAnywhereError {
  const { noun, setting: own, example } = KINDS[kind]
  // Swapped ARNs are the commonest mistake, and the easiest to name.
  const actual = Object.values(KINDS).find(({ pattern }) => pattern.test(text))
  const correction = actual === undefined ? '' : `, but of ${actual.noun}`
  return new RolesAnywhereError(
    'ERR_CONFIG_ARN_INVALID',
    `${quoted(text)} is not the ARN of ${noun}${correction}`,
    {
      hint: says`${own} takes ${example}${actual === undefined ? '' : says`; this one belongs to ${actual.setting}`}`,
    },
  )
}
