import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../../src/core/errors.ts'
import { ContainerToken } from '../../../../src/outputs/endpoint/container-token.ts'
import {
  CredentialsBodies,
  failureAnswer,
} from '../../../../src/outputs/endpoint/credentials-answer.ts'
import type {
  EndpointRequest,
  EndpointResponse,
} from '../../../../src/outputs/endpoint/exchange.ts'
import { hostTable } from '../../../../src/outputs/endpoint/host-table.ts'
import { MetadataTokens } from '../../../../src/outputs/endpoint/metadata-token.ts'
import { route, type EndpointState, type Routed } from '../../../../src/outputs/endpoint/router.ts'
import { CANARY, CREDENTIALS, servedRole } from '../../../support/served-role.ts'

const NOW = Date.parse('2026-11-22T05:15:00Z')
const ROLES = '/latest/meta-data/iam/security-credentials'
const { token: containerToken, text: containerSecret } = ContainerToken.ephemeral()

function state(changes: Partial<EndpointState> = {}): EndpointState {
  return {
    rules: { hosts: hostTable({ address: '127.0.0.1', port: 9911 }), allowRemote: false },
    roles: [servedRole()],
    containerTokens: new Map([['default', containerToken]]),
    metadataTokens: new MetadataTokens(),
    identityDocument: false,
    requests: new Map(),
    version: '0.0.0',
    ...changes,
  }
}

function ask(
  target: string,
  changes: Partial<EndpointRequest> = {},
  of: EndpointState = state(),
): Routed {
  const request: EndpointRequest = {
    method: 'GET',
    target,
    hosts: ['127.0.0.1:9911'],
    headers: {},
    hasBody: false,
    peer: { isLocal: true },
    ...changes,
  }
  return route(request, of, NOW)
}

function statusOf(routed: Routed): number | string {
  return 'status' in routed ? routed.status : routed.format
}

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds'
const put = (headers: EndpointRequest['headers'], of?: EndpointState): EndpointResponse =>
  ask('/latest/api/token', { method: 'PUT', headers }, of) as EndpointResponse

describe('monitoring', () => {
  const PATHS = ['/healthz', '/readyz', '/metrics', '/status']

  it.each(PATHS)('%s is for this machine, with a token or without', (path) => {
    const rules = { hosts: hostTable({ address: '127.0.0.1', port: 9911 }), allowRemote: true }
    const remote = state({ rules, metadataTokens: undefined })
    const peer = { isLocal: false }
    expect(statusOf(ask(path, {}, remote))).toBe(200)
    expect(statusOf(ask(path, { peer }, remote))).toBe(404)
    const headers = { authorization: containerSecret }
    expect(statusOf(ask(path, { peer, headers }, remote))).toBe(404)
    expect(statusOf(ask('/credentials/default', { peer, headers }, remote))).toBe('container')
  })
})

describe('IMDSv2', () => {
  it('a token is given for 1 to 21600 seconds, with the TTL echoed and no line end', () => {
    for (const ttl of ['1', '300', '21600']) {
      const response = put({ [TTL]: ttl })
      expect(response.status).toBe(200)
      expect(response.headers[TTL]).toBe(ttl)
      expect(response.body).toMatch(/^[A-Za-z0-9_-]{72}$/)
    }
  })

  it.each(['', '0', '-1', '21601', '1e3', '0x10', '１', '5, 6', '00', '99999', '+5', ' 5', '5.0'])(
    'a TTL of %j is refused with 400',
    (ttl) => {
      expect(put({ [TTL]: ttl }).status).toBe(400)
    },
  )

  it('no TTL header is refused with 400', () => {
    expect(put({}).status).toBe(400)
  })

  it('the role list has no line end, and the role gives credentials', () => {
    const of = state()
    const headers = { 'x-aws-ec2-metadata-token': put({ [TTL]: '60' }, of).body }
    for (const path of [
      ROLES,
      `${ROLES}/`,
      `/${ROLES}/`,
      '//latest//meta-data/iam/security-credentials/',
    ]) {
      expect(ask(path, { headers }, of)).toMatchObject({ status: 200, body: 'demo-role' })
    }
    expect(statusOf(ask(`${ROLES}/demo-role`, { headers }, of))).toBe('imds')
    expect(statusOf(ask(`/${ROLES}/demo-role`, { headers }, of))).toBe('imds')
    expect(ask(ROLES, { headers }, of)).toMatchObject({ headers: { [TTL]: '60' } })
  })

  it.each([
    [`${ROLES}/other`, 404],
    [`${ROLES}/demo-role/x`, 404],
    [`${ROLES}/%64emo-role`, 404],
    [`${ROLES}/../security-credentials/demo-role`, 404],
    [`${ROLES}/demo-role;x`, 404],
    [`${ROLES}/demo-role?x=1`, 404],
    ['/latest/meta-data/iam/security-credentials-extended/', 404],
    ['/latest/meta-data/placement/availability-zone/', 404],
    ['/latest/dynamic/instance-identity/document', 404],
    ['/latest/api/token/x', 404],
    ['/', 404],
    ['//', 404],
    ['/latest/meta-data/placement/region', 200],
    ['/latest/meta-data/iam/info', 200],
  ])('%s with a token answers %i', (path, status) => {
    const of = state()
    const headers = { 'x-aws-ec2-metadata-token': put({ [TTL]: '60' }, of).body }
    expect(statusOf(ask(path, { headers }, of))).toBe(status)
  })

  it('the identity document is there only when asked for', () => {
    const of = state({ identityDocument: true })
    const headers = { 'x-aws-ec2-metadata-token': put({ [TTL]: '60' }, of).body }
    const answer = ask('/latest/dynamic/instance-identity/document', { headers }, of)
    expect(JSON.parse((answer as EndpointResponse).body)).toMatchObject({ region: 'eu-central-1' })
  })

  it('no token, a foreign, an altered and an expired one are 401', () => {
    const of = state()
    const tokens = new MetadataTokens()
    const good = put({ [TTL]: '60' }, of).body
    const bad = [
      undefined,
      '',
      'x',
      new MetadataTokens().issue(60, NOW),
      `${good}A`,
      good.slice(1),
      `B${good.slice(1)}`,
    ]
    for (const token of bad) {
      expect(statusOf(ask(ROLES, { headers: { 'x-aws-ec2-metadata-token': token } }, of))).toBe(401)
    }
    const token = tokens.issue(60, NOW)
    expect(tokens.secondsLeft(token, NOW + 59_999)).toBe(1)
    expect(tokens.secondsLeft(token, NOW + 60_000)).toBe(0)
  })

  it.each([
    ['/latest/api/token', 'GET'],
    ['/latest/api/token', 'POST'],
    [ROLES, 'PUT'],
    [ROLES, 'HEAD'],
    [`${ROLES}/demo-role`, 'DELETE'],
    ['/metrics', 'POST'],
    ['/credentials/default', 'PUT'],
    ['/anything', 'OPTIONS'],
  ])('%s does not take %s', (path, method) => {
    expect(statusOf(ask(path, { method }))).toBe(405)
  })

  it('switched off, its paths do not exist', () => {
    const of = state({ metadataTokens: undefined })
    expect(put({ [TTL]: '60' }, of).status).toBe(404)
    expect(statusOf(ask(ROLES, {}, of))).toBe(404)
  })
})

describe('container endpoint', () => {
  it('the exact token gives credentials, everything else 401', () => {
    const asked = (authorization?: string): number | string =>
      statusOf(ask('/credentials/default', { headers: { authorization } }))
    expect(asked(containerSecret)).toBe('container')
    for (const wrong of [
      undefined,
      '',
      `Bearer ${containerSecret}`,
      `${containerSecret} `,
      containerSecret.slice(1),
    ]) {
      expect(asked(wrong)).toBe(401)
    }
  })

  it('each profile has its own path and token', () => {
    const other = ContainerToken.ephemeral()
    const of = state({
      roles: [servedRole(), servedRole({ profile: 'team/a b' })],
      containerTokens: new Map([
        ['default', containerToken],
        ['team/a b', other.token],
      ]),
    })
    const asked = (path: string, authorization: string): number | string =>
      statusOf(ask(path, { headers: { authorization } }, of))
    expect(asked('/credentials/team%2Fa%20b', other.text)).toBe('container')
    expect(asked('/credentials/team%2Fa%20b', containerSecret)).toBe(401)
    expect(asked('/credentials/default', other.text)).toBe(401)
    expect(asked('/credentials/none', other.text)).toBe(404)
  })
})

describe('every route alike', () => {
  const TARGETS = [
    '/latest/api/token',
    ROLES,
    `${ROLES}/demo-role`,
    '/credentials/default',
    '/healthz',
    '/metrics',
    '/status',
    '/nothing',
  ]
  const HEADERS: EndpointRequest['headers'][] = [
    { 'x-forwarded-for': '10.0.0.1' },
    { 'x-forwarded-host': 'x' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-port': '80' },
    { 'x-forwarded-server': 'x' },
    { 'x-forwarded': 'for=x' },
    { 'x-real-ip': '10.0.0.1' },
    { forwarded: 'for=x' },
    { via: '1.1 proxy' },
    { 'x-forwarded-for': '' },
    { origin: 'http://127.0.0.1:9911' },
    { origin: 'null' },
    { referer: 'http://localhost:9911/' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'access-control-request-method': 'PUT' },
  ]
  it('refuses forwarded and browser requests', () => {
    for (const target of TARGETS) {
      for (const headers of HEADERS) {
        const withAccess = { ...headers, authorization: containerSecret, [TTL]: '60' }
        const response = ask(target, {
          headers: withAccess,
          method: target.endsWith('token') ? 'PUT' : 'GET',
        })
        expect(response).toMatchObject({ status: 403 })
      }
    }
  })

  it('refuses peers on other machines, other users, bodies and absolute targets', () => {
    for (const target of TARGETS) {
      expect(statusOf(ask(target, { peer: { isLocal: false } }))).toBe(403)
      const rules = { ...state().rules, allowedUids: new Set([1000]) }
      for (const uid of [undefined, 0, 1001]) {
        expect(statusOf(ask(target, { peer: { isLocal: true, uid } }, state({ rules })))).toBe(403)
      }
      expect(
        statusOf(ask(target, { peer: { isLocal: true, uid: 1000 } }, state({ rules }))),
      ).not.toBe(403)
      expect(statusOf(ask(target, { hasBody: true }))).toBe(400)
      expect(statusOf(ask(`http://127.0.0.1:9911${target}`))).toBe(403)
      expect(statusOf(ask('*'))).toBe(403)
    }
  })

  it('says nothing that may be cached', () => {
    for (const target of TARGETS) {
      const response = ask(target)
      if ('status' in response) expect(response.headers['cache-control']).toBe('no-store')
    }
  })
})

describe('bodies', () => {
  it('IMDS credentials as EC2 writes them', () => {
    const wanted = { role: servedRole(), format: 'imds', headers: {} } as const
    expect(JSON.parse(new CredentialsBodies().answer(wanted, CREDENTIALS, NOW).body)).toEqual({
      Code: 'Success',
      LastUpdated: '2026-11-22T05:15:00Z',
      Type: 'AWS-HMAC',
      AccessKeyId: CREDENTIALS.accessKeyId,
      SecretAccessKey: CANARY.secretAccessKey,
      Token: CANARY.sessionToken,
      Expiration: '2026-11-22T06:00:00Z',
    })
  })

  it('a failure is never Success and holds no key', () => {
    const error = new RolesAnywhereError('ERR_NETWORK_DNS', 'host not found', { hint: 'x' })
    for (const format of ['imds', 'container'] as const) {
      const response = failureAnswer({ role: servedRole(), format, headers: {} }, error, NOW)
      expect(response.status).toBe(500)
      expect(response.body).not.toMatch(/Success|AccessKeyId/)
      expect(response.body).toContain('ERR_NETWORK_DNS')
    }
  })

  it('readiness, health, status and metrics hold facts and no secret', () => {
    const failing = servedRole({
      profile: 'a"b\\c',
      status: () => ({ nextTryAt: NOW, refreshes: 3, failures: new Map([['ERR_NETWORK_DNS', 2]]) }),
    })
    const of = state({
      roles: [servedRole(), failing],
      requests: new Map([['route="x",status="200"', 7]]),
    })
    const body = (path: string): string => (ask(path, {}, of) as EndpointResponse).body
    expect(statusOf(ask('/readyz', {}, of))).toBe(503)
    expect(statusOf(ask('/readyz'))).toBe(200)
    expect(statusOf(ask('/healthz', {}, of))).toBe(200)
    expect(body('/metrics').split('\n')).toEqual(
      expect.arrayContaining([
        'rolesanywhere_build_info{version="0.0.0"} 1',
        'rolesanywhere_credentials_expiry_timestamp_seconds{profile="default"} 1795327200',
        'rolesanywhere_credentials_expiry_timestamp_seconds{profile="a\\"b\\\\c"} 0',
        'rolesanywhere_refresh_failures_total{profile="a\\"b\\\\c",code="ERR_NETWORK_DNS"} 2',
        'rolesanywhere_requests_total{route="x",status="200"} 7',
      ]),
    )
    expect(JSON.parse(body('/status'))).toMatchObject({
      roles: [{ refreshes: 1 }, { credentialsExpire: null }],
    })
    for (const path of ['/metrics', '/status', '/readyz', '/healthz'])
      expect(body(path)).not.toContain('canary')
  })
})
