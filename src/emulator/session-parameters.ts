/**
 * The parameters of CreateSession out of query and body, with the service's limits applied.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession"
 * @module
 */

import { parseQuery } from './canonical-request.ts'
import type { RawRequest } from './raw-request.ts'
import { Refusal } from './refusal.ts'

export interface ResourceArn {
  readonly text: string
  readonly partition: string
  readonly region: string
  readonly accountId: string
  /** After the last colon, such as `role/path/name`. */
  readonly resource: string
}

export interface SessionParameters {
  readonly trustAnchorArn: ResourceArn
  readonly profileArn: ResourceArn
  readonly roleArn: ResourceArn
  /** 900..43200; absent when the client did not ask. */
  readonly durationSeconds: number | undefined
  readonly roleSessionName: string | undefined
}

/** @throws {Refusal} validation */
export function parseSessionParameters(request: RawRequest): SessionParameters {
  const members = mergedMembers(queryMembers(request.target), bodyMembers(request.body))
  const [trustAnchorArn, profileArn, roleArn] = [
    requiredArn(members, 'trustAnchorArn', ROLES_ANYWHERE_ARN, 'trust-anchor/'),
    requiredArn(members, 'profileArn', ROLES_ANYWHERE_ARN, 'profile/'),
    requiredArn(members, 'roleArn', IAM_ARN, 'role/'),
  ]
  checkAgreement(trustAnchorArn, profileArn, roleArn)
  return {
    trustAnchorArn,
    profileArn,
    roleArn,
    durationSeconds: durationSeconds(members.get('durationSeconds')),
    roleSessionName: roleSessionName(members.get('roleSessionName')),
  }
}

type Members = ReadonlyMap<string, unknown>

/** Only the ARNs may come in the query. */
function queryMembers(target: string): Members {
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : ''
  const arns = new Map<string, unknown>()
  for (const [name, value] of parseQuery(query)) {
    if (arns.has(name)) throw validation(`Query parameter '${name}' was given more than once`)
    if (ARN_NAMES.includes(name)) arns.set(name, value)
  }
  return arns
}

function bodyMembers(body: Uint8Array): Members {
  if (body.length === 0) return new Map()
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw validation('The request body is not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw validation('The request body is not a JSON object')
  }
  return new Map(Object.entries(value))
}

function mergedMembers(query: Members, body: Members): Members {
  for (const [name, value] of query) {
    if (body.has(name) && body.get(name) !== value) {
      throw validation(`'${name}' differs between query and body`)
    }
  }
  return new Map([...body, ...query])
}

function requiredArn(
  members: Members,
  name: string,
  pattern: RegExp,
  resourcePrefix: string,
): ResourceArn {
  const text = members.get(name)
  if (text === undefined || text === null) throw validation(`'${name}' is required`)
  if (typeof text !== 'string') throw validation(`'${name}' has to be a string`)
  const match = text.length <= MAX_ARN_LENGTH ? pattern.exec(text) : null
  const [, partition = '', region = '', accountId = '', resource = ''] = match ?? []
  if (!resource.startsWith(resourcePrefix)) {
    throw validation(`'${name}' is not the ARN of a ${resourcePrefix.slice(0, -1)}`)
  }
  return { text, partition, region, accountId, resource }
}

function checkAgreement(trustAnchor: ResourceArn, profile: ResourceArn, role: ResourceArn): void {
  if (trustAnchor.region !== profile.region) {
    throw validation('Trust anchor and profile are in different regions')
  }
  const inOneAccount = [profile, role].every(
    ({ partition, accountId }) =>
      partition === trustAnchor.partition && accountId === trustAnchor.accountId,
  )
  if (!inOneAccount) throw validation('Trust anchor, profile and role are in different accounts')
}

function durationSeconds(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value)) throw validation("'durationSeconds' has to be a whole number")
  const seconds = value as number
  if (seconds < MIN_DURATION_SECONDS || seconds > MAX_DURATION_SECONDS) {
    throw validation("'durationSeconds' has to be between 900 and 43200")
  }
  return seconds
}

function roleSessionName(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(value)) {
    throw validation("'roleSessionName' has to match [\\w+=,.@-]{2,64}")
  }
  return value
}

function validation(reason: string): Refusal {
  return new Refusal('validation', reason)
}

const ARN_NAMES: readonly string[] = ['profileArn', 'roleArn', 'trustAnchorArn']
const ROLES_ANYWHERE_ARN = /^arn:(aws(?:-[^:]+)?):rolesanywhere:([a-z0-9-]+):(\d{12}):([^:]+)$/
const IAM_ARN = /^arn:(aws(?:-[^:]+)?):iam:():(\d{12}):([^:]+)$/
const MAX_ARN_LENGTH = 1011
const MIN_DURATION_SECONDS = 900
const MAX_DURATION_SECONDS = 43_200
