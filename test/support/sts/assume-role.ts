/**
 * AssumeRole, with the limits that STS puts on it and the trust that a test gives each role.
 *
 * @see AWS STS API Reference, "AssumeRole"
 * @see AWS IAM User Guide, "Pass session tags in AWS STS"
 * @module
 */

import { newSession, type KnownSession } from './session-book.ts'
import { StsError, notAuthorized, validation } from './sts-error.ts'

/** A role and whom it trusts. */
export interface StandInRole {
  readonly arn: string
  /** What callers have to show; none when absent. */
  readonly externalId?: string | undefined
  /** ARNs of roles or sessions that may assume it; everybody when absent. */
  readonly trusts?: readonly string[] | undefined
  /** Whether callers may set session tags; default true. */
  readonly tagSession?: boolean | undefined
  /** Seconds; default 3600. */
  readonly maxSessionDuration?: number | undefined
}

/** What was asked for, as far as it was there. */
export interface AssumeRoleRequest {
  readonly roleArn: string
  readonly roleSessionName: string
  readonly externalId: string | undefined
  readonly durationSeconds: number | undefined
  readonly policy: string | undefined
  readonly policyArns: readonly string[]
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

export interface AssumedRole {
  readonly session: KnownSession
  readonly packedPolicySize: number
}

/** @throws {StsError} ValidationError */
export function parseAssumeRole(parameters: URLSearchParams): AssumeRoleRequest {
  const roleArn = parameters.get('RoleArn') ?? ''
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) {
    throw validation(`${roleArn} is invalid`)
  }
  const roleSessionName = parameters.get('RoleSessionName') ?? ''
  if (!/^[\w+=,.@-]{2,64}$/.test(roleSessionName)) {
    throw validation(`Value '${roleSessionName}' at 'roleSessionName' failed to satisfy constraint`)
  }
  const externalId = parameters.get('ExternalId') ?? undefined
  if (externalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    throw validation(`Value '${externalId}' at 'externalId' failed to satisfy constraint`)
  }
  return {
    roleArn,
    roleSessionName,
    externalId,
    durationSeconds: seconds(parameters.get('DurationSeconds')),
    policy: parameters.get('Policy') ?? undefined,
    policyArns: members(parameters, 'PolicyArns').map(
      (prefix) => parameters.get(`${prefix}.arn`) ?? '',
    ),
    tags: tags(parameters),
    transitiveTagKeys: members(parameters, 'TransitiveTagKeys').map(
      (name) => parameters.get(name) ?? '',
    ),
    sourceIdentity: parameters.get('SourceIdentity') ?? undefined,
  }
}

/** @throws {StsError} */
export function assumeRole(
  request: AssumeRoleRequest,
  caller: KnownSession,
  roles: readonly StandInRole[],
  now: number,
): AssumedRole {
  const role = roles.find(({ arn }) => arn === request.roleArn)
  const knowsWord = role?.externalId === undefined || role.externalId === request.externalId
  if (role === undefined || !isTrusted(role, caller) || !knowsWord) {
    // One answer for all three: who is not trusted learns nothing of the role.
    throw notAuthorized(caller.arn, 'sts:AssumeRole', request.roleArn)
  }
  const packedPolicySize = checkPolicies(request)
  checkTags(request, caller, role)
  if (request.sourceIdentity !== undefined && request.sourceIdentity !== caller.sourceIdentity) {
    throw notAuthorized(caller.arn, 'sts:SetSourceIdentity', request.roleArn)
  }
  const [, , , , account = '', resource = ''] = request.roleArn.split(':')
  const name = resource.slice(resource.lastIndexOf('/') + 1)
  const transitive = [...request.tags].filter(([key]) => request.transitiveTagKeys.includes(key))
  return {
    packedPolicySize,
    session: newSession({
      expiration: now + lifetime(request, role) * 1000,
      arn: `arn:aws:sts::${account}:assumed-role/${name}/${request.roleSessionName}`,
      userId: `AROASTANDIN${Buffer.from(name).toString('hex').toUpperCase().slice(0, 10)}:${request.roleSessionName}`,
      sourceIdentity: caller.sourceIdentity,
      transitiveTags: new Map([...caller.transitiveTags, ...transitive]),
    }),
  }
}

/** Every caller here is an assumed role, so every call is one of a chain. */
function lifetime({ durationSeconds = 3600 }: AssumeRoleRequest, role: StandInRole): number {
  if (durationSeconds > 3600) {
    throw validation(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (durationSeconds > (role.maxSessionDuration ?? 3600)) {
    throw validation(
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
  return durationSeconds
}

function isTrusted({ trusts }: StandInRole, { arn }: KnownSession): boolean {
  // The role behind a session: its path is not in the session's ARN.
  const [, account, name] = /^arn:aws[^:]*:sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? []
  return (
    trusts === undefined ||
    trusts.some(
      (trusted) =>
        trusted === arn ||
        (trusted.includes(`:iam::${account ?? ''}:role/`) && trusted.endsWith(`/${name ?? ''}`)),
    )
  )
}

/** Percent of what a session's policies may take. */
function checkPolicies({ policy, policyArns }: AssumeRoleRequest): number {
  if (policyArns.length > 10) throw validation('at most 10 managed policies are allowed')
  const wrong = policyArns.find(
    (arn) => !/^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/.+$/.test(arn),
  )
  if (wrong !== undefined) throw validation(`ARN ${wrong} is not valid.`)
  if (policy === undefined) return policyArns.length
  const packed = Math.ceil((policy.length / 2048) * 100)
  if (packed > 100) {
    throw new StsError(
      400,
      'PackedPolicyTooLarge',
      `Packed size of session tags consumes ${packed}% of allotted space.`,
    )
  }
  if (!isPolicy(policy)) {
    throw new StsError(
      400,
      'MalformedPolicyDocument',
      'The policy is not in the valid JSON format.',
    )
  }
  return packed
}

function isPolicy(text: string): boolean {
  try {
    const { Version, Statement } = JSON.parse(text) as Record<string, unknown>
    return Version === '2012-10-17' && typeof Statement === 'object' && Statement !== null
  } catch {
    return false
  }
}

function checkTags(request: AssumeRoleRequest, caller: KnownSession, role: StandInRole): void {
  const { tags: given, transitiveTagKeys } = request
  if (given.size > 0 && role.tagSession === false) {
    throw notAuthorized(caller.arn, 'sts:TagSession', request.roleArn)
  }
  const inherited = [...given.keys()].find((key) => caller.transitiveTags.has(key))
  if (inherited !== undefined) {
    throw invalidParameter(
      `One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: ${inherited}`,
    )
  }
  const stranger = transitiveTagKeys.find((key) => !given.has(key))
  if (stranger !== undefined) {
    throw invalidParameter(
      `The specified transitive tag key must be included in the requested tags: ${stranger}`,
    )
  }
}

function invalidParameter(message: string): StsError {
  return new StsError(400, 'InvalidParameterValue', message)
}

function seconds(value: string | null): number | undefined {
  if (value === null) return undefined
  const number = Number(value)
  if (!Number.isInteger(number) || number < 900 || number > 43_200) {
    throw validation(
      `Value '${value}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200`,
    )
  }
  return number
}

function tags(parameters: URLSearchParams): ReadonlyMap<string, string> {
  const list = members(parameters, 'Tags').map((prefix): [string, string] => [
    parameters.get(`${prefix}.Key`) ?? '',
    parameters.get(`${prefix}.Value`) ?? '',
  ])
  if (list.length > 50) throw validation('at most 50 tags are allowed')
  const wrong = list.find(
    ([key, value]) =>
      !TAG.test(key) ||
      key.length > 128 ||
      (value !== '' && !TAG.test(value)) ||
      value.length > 256,
  )
  if (wrong !== undefined) throw validation(`the tag ${wrong[0]} fails to satisfy constraint`)
  if (new Set(list.map(([key]) => key.toLowerCase())).size < list.length) {
    throw invalidParameter(
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
  }
  return new Map(list)
}

/** `Name.member.1`, `Name.member.2` … as far as there are any. */
function members(parameters: URLSearchParams, name: string): readonly string[] {
  const prefixes: string[] = []
  for (let index = 1; ; index += 1) {
    const prefix = `${name}.member.${index}`
    if (![...parameters.keys()].some((key) => key === prefix || key.startsWith(`${prefix}.`))) {
      return prefixes
    }
    prefixes.push(prefix)
  }
}

const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u
