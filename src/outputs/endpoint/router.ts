/**
 * The routes: from the facts of a request to its response, without sockets, files or waiting.
 *
 * Paths are compared as they came but for their slashes, and nothing is ever redirected.
 *
 * @see protocol-facts.md 6 (IMDSv2) and 7 (container provider); reliability.md T10
 * @module
 */

import { refusalFor, type AccessRules } from './check-request.ts'
import type { ContainerToken } from './container-token.ts'
import { isoSeconds, type CredentialsWanted } from './credentials-answer.ts'
import { jsonResponse, methodNotAllowed, plainPath, textResponse } from './exchange.ts'
import type { EndpointRequest, EndpointResponse } from './exchange.ts'
import { MAX_METADATA_TOKEN_TTL_SECONDS, type MetadataTokens } from './metadata-token.ts'
import type { RequestCounts } from './metrics.ts'
import { monitoringAnswer, statusAnswer } from './monitoring.ts'
import { containerPath, roleName, type ServedRole } from './served-role.ts'

export interface EndpointState {
  readonly rules: AccessRules
  readonly roles: readonly ServedRole[]
  /** By profile; empty when the container endpoint is off. */
  readonly containerTokens: ReadonlyMap<string, ContainerToken>
  /** Undefined when IMDS is off. It has one role: the first. */
  readonly metadataTokens: MetadataTokens | undefined
  /** Answer for an instance identity document too. It is not signed, and no real one. */
  readonly identityDocument: boolean
  readonly requests: RequestCounts
  readonly version: string
}

export type Routed = EndpointResponse | CredentialsWanted

/** What to answer. Access is checked first, on every route alike. */
export function route(request: EndpointRequest, state: EndpointState, now: number): Routed {
  const refusal = refusalFor(request, state.rules)
  if (refusal !== undefined) return refusal
  const path = plainPath(request.target)
  return (
    monitoring(request, path, state) ??
    container(path, request, state, now) ??
    metadata(path, request, state, now) ??
    textResponse('unknown', 404, 'not found')
  )
}

/** Other machines have no business with our state; for their probes there is a listener of its own. */
function monitoring(
  { method, peer }: EndpointRequest,
  path: string,
  state: EndpointState,
): EndpointResponse | undefined {
  if (!peer.isLocal) return undefined
  return monitoringAnswer(method, path, state) ?? statusAnswer(method, path, state)
}

function container(
  path: string,
  request: EndpointRequest,
  { roles, containerTokens }: EndpointState,
  now: number,
): Routed | undefined {
  const role = roles.find((candidate) => containerPath(candidate) === path)
  const token = role === undefined ? undefined : containerTokens.get(role.profile)
  if (role === undefined || token === undefined) return undefined
  if (request.method !== 'GET') return methodNotAllowed('GET')
  if (!token.accepts(headerOf(request, 'authorization'), now)) {
    const message = 'the Authorization header does not hold the token of this path'
    return jsonResponse('container-credentials', 401, { code: 'Unauthorized', message })
  }
  return { role, format: 'container', headers: {} }
}

const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds'
const TOKEN_HEADER = 'x-aws-ec2-metadata-token'
const ROLES_PATH = '/latest/meta-data/iam/security-credentials'

function metadata(
  path: string,
  request: EndpointRequest,
  state: EndpointState,
  now: number,
): Routed | undefined {
  const { metadataTokens: tokens } = state
  const [role] = state.roles
  if (tokens === undefined || role === undefined) return undefined
  if (path === '/latest/api/token') return issueToken(request, tokens, now)
  const answer = metadataAnswer(path, role, state)
  // A path that does not exist is 404 even without a token, as SDKs probe for newer paths.
  if (answer === undefined) return undefined
  if (request.method !== 'GET') return methodNotAllowed('GET')
  const secondsLeft = tokens.secondsLeft(headerOf(request, TOKEN_HEADER), now)
  if (secondsLeft === 0) return textResponse('metadata', 401, 'a valid token is needed')
  const ttl = { [TTL_HEADER]: String(secondsLeft) }
  const { headers, ...rest } = answer
  return { ...rest, headers: { ...headers, ...ttl } }
}

function issueToken(
  request: EndpointRequest,
  tokens: MetadataTokens,
  now: number,
): EndpointResponse {
  if (request.method !== 'PUT') return methodNotAllowed('PUT')
  const asked = headerOf(request, TTL_HEADER)
  const seconds = /^[1-9][0-9]{0,4}$/.test(asked) ? Number(asked) : Infinity
  if (seconds > MAX_METADATA_TOKEN_TTL_SECONDS) {
    const range = `1 to ${MAX_METADATA_TOKEN_TTL_SECONDS}`
    return textResponse('metadata-token', 400, `${TTL_HEADER} must be a number from ${range}`)
  }
  // Without the echoed header some SDKs think that tokens are unknown here, and go on without.
  const headers = { [TTL_HEADER]: String(seconds) }
  return textResponse('metadata-token', 200, tokens.issue(seconds, now), headers)
}

function metadataAnswer(
  path: string,
  role: ServedRole,
  { identityDocument }: EndpointState,
): Routed | undefined {
  switch (path) {
    case ROLES_PATH:
      // No line end: clients put this text into the next URL as it is.
      return textResponse('metadata-role', 200, roleName(role))
    case `${ROLES_PATH}/${roleName(role)}`:
      return { role, format: 'imds', headers: {} }
    case '/latest/meta-data/iam/info':
      return jsonResponse('metadata-info', 200, {
        Code: 'Success',
        LastUpdated: isoSeconds(role.status().lastSuccessAt ?? 0),
        InstanceProfileArn: role.roleArn.replace(/:role\//, ':instance-profile/'),
        InstanceProfileId: roleName(role),
      })
    case '/latest/meta-data/placement/region':
      return textResponse('metadata-region', 200, role.region)
    case '/latest/dynamic/instance-identity/document': {
      if (!identityDocument) return undefined
      const { region, accountId } = role
      return jsonResponse('metadata-document', 200, { accountId, region, version: '2017-09-30' })
    }
    default:
      return undefined
  }
}

function headerOf(request: EndpointRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}
