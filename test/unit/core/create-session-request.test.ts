import type { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../../src/core/arn.ts'
import { createSessionRequest } from '../../../src/core/create-session-request.ts'
import type { CreateSessionParameters } from '../../../src/core/create-session-request.ts'
import type { HttpRequest } from '../../../src/core/ports.ts'
import { refusalOf } from '../../support/refusal.ts'

const ANCHOR = 'arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/t-1'
const PROFILE = 'arn:aws:rolesanywhere:eu-central-1:123456789012:profile/p-1'
const ROLE = 'arn:aws:iam::123456789012:role/path/a=b+c'

const certificate = (text: string): X509Certificate =>
  ({ raw: Buffer.from(text) }) as unknown as X509Certificate

function request(
  parameters: Partial<CreateSessionParameters> = {},
  chain: readonly X509Certificate[] = [],
): HttpRequest {
  return createSessionRequest(
    {
      trustAnchorArn: parseTrustAnchorArn(ANCHOR),
      profileArn: parseProfileArn(PROFILE),
      roleArn: parseRoleArn(ROLE),
      region: 'eu-central-1',
      endpoint: new URL('https://rolesanywhere.eu-central-1.amazonaws.com'),
      ...parameters,
    },
    { certificate: certificate('leaf'), chain },
    Date.parse('2026-11-21T12:00:00Z'),
  )
}

const bodyOf = ({ body }: HttpRequest): string => Buffer.from(body).toString()

describe('createSessionRequest', () => {
  it('sends the ARNs in the body, in one order, and no default', () => {
    const sent = request()
    expect(sent.method).toBe('POST')
    expect(sent.url.href).toBe('https://rolesanywhere.eu-central-1.amazonaws.com/sessions')
    expect(bodyOf(sent)).toBe(
      `{"profileArn":"${PROFILE}","roleArn":"${ROLE}","trustAnchorArn":"${ANCHOR}"}`,
    )
    expect(sent.headers).toEqual({
      'content-type': 'application/json',
      host: 'rolesanywhere.eu-central-1.amazonaws.com',
      'x-amz-date': '20261121T120000Z',
      'x-amz-x509': 'bGVhZg==',
    })
  })

  it('sends the duration and the session name when they are given', () => {
    expect(bodyOf(request({ durationSeconds: 900, roleSessionName: 'web-1' }))).toMatch(
      /"trustAnchorArn":"[^"]*","durationSeconds":900,"roleSessionName":"web-1"}$/,
    )
  })

  it('does not send the certificate headers of a chain that is empty, and joins one that is not', () => {
    expect(request().headers).not.toHaveProperty('x-amz-x509-chain')
    const chain = ['a', 'bb', 'ccc', 'dddd', 'eeeee'].map(certificate)
    expect(request({}, chain).headers['x-amz-x509-chain']).toBe('YQ==,YmI=,Y2Nj,ZGRkZA==,ZWVlZWU=')
  })

  it('refuses a chain of six', () => {
    const error = refusalOf(() => request({}, Array.from('abcdef', certificate)))
    expect(error.code).toBe('ERR_CONFIG_CHAIN_INVALID')
    expect(error.message).toContain('6 intermediate certificates')
  })

  it.each([
    ['https://proxy.example', '/sessions', 'proxy.example'],
    ['https://proxy.example/', '/sessions', 'proxy.example'],
    ['https://proxy.example/base', '/base/sessions', 'proxy.example'],
    ['https://proxy.example/base//', '/base/sessions', 'proxy.example'],
    ['https://proxy.example/a%20b/', '/a%20b/sessions', 'proxy.example'],
    ['https://proxy.example:443', '/sessions', 'proxy.example'],
    ['https://proxy.example:8443', '/sessions', 'proxy.example:8443'],
    ['http://127.0.0.1:8080', '/sessions', '127.0.0.1:8080'],
    ['http://[::1]:80', '/sessions', '[::1]'],
  ])('to endpoint %s goes to path %s of host %s', (endpoint, path, host) => {
    const given = new URL(endpoint)
    const sent = request({ endpoint: given })
    expect(sent.url.pathname).toBe(path)
    expect(sent.headers['host']).toBe(host)
    expect(given.href).toBe(new URL(endpoint).href)
  })

  it.each([900, 3600, 43_200])('takes a duration of %d s', (durationSeconds) => {
    expect(bodyOf(request({ durationSeconds }))).toContain(`"durationSeconds":${durationSeconds}`)
  })

  it.each([0, 899, 43_201, -900, 900.5, NaN, Infinity])(
    'refuses a duration of %d s',
    (durationSeconds) => {
      const error = refusalOf(() => request({ durationSeconds }))
      expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
      expect(error.hint).toContain('from 900 to 43200')
    },
  )

  it.each(['ab', 'A_z0+=,.@-', 'n'.repeat(64)])('takes the session name %s', (roleSessionName) => {
    expect(bodyOf(request({ roleSessionName }))).toContain(`"${roleSessionName}"`)
  })

  it.each(['', 'a', 'n'.repeat(65), 'a b', 'a/b', 'ab\n', 'a\r\nb', 'a\0b', 'ä-name', 'a"b'])(
    'refuses the session name %j',
    (roleSessionName) => {
      const error = refusalOf(() => request({ roleSessionName }))
      expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
      expect(error.hint).toContain('roleSessionName')
      expect(error.message).not.toMatch(/[\r\n\0]/)
    },
  )

  it('refuses ARNs that disagree', () => {
    const roleArn = parseRoleArn(ROLE.replace('123456789012', '210987654321'))
    expect(refusalOf(() => request({ roleArn })).code).toBe('ERR_CONFIG_ARN_DISAGREEMENT')
  })

  it("refuses another region than the trust anchor's", () => {
    const error = refusalOf(() => request({ region: 'eu-west-1' }))
    expect(error.code).toBe('ERR_CONFIG_ARN_DISAGREEMENT')
    expect(error.message).toContain('"eu-west-1"')
    expect(refusalOf(() => request({ region: 'a\nb' })).code).toBe('ERR_USAGE_INVALID_VALUE')
  })
})
