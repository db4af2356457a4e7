import { describe, expect, it } from 'vitest'
import { serviceError } from '../../../src/core/service-error.ts'

const REQUEST_ID = '7d0b4a4e-1e1d-4c43-9f2a-0a6a2a3c1b11'

function errorOf(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'x-amzn-requestid': REQUEST_ID },
) {
  return serviceError({
    status,
    headers,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })
}

const denied = (message: string) =>
  errorOf(403, { message }, { 'x-amzn-errortype': 'AccessDeniedException' })

describe('serviceError', () => {
  it('keeps what people search for: type, words and request id', () => {
    const error = errorOf(
      403,
      { message: 'Untrusted signing certificate' },
      { 'x-amzn-errortype': 'AccessDeniedException', 'x-amzn-requestid': REQUEST_ID },
    )
    expect(error.code).toBe('ERR_SERVICE_ACCESS_DENIED')
    expect(error.message).toBe(
      'CreateSession failed: AccessDeniedException: Untrusted signing certificate ' +
        `(HTTP 403, request id ${REQUEST_ID})`,
    )
    expect(error.detail).toEqual({
      status: 403,
      awsErrorType: 'AccessDeniedException',
      requestId: REQUEST_ID,
    })
    expect(error.hint).toMatch(/^likely cause: the certificate does not chain .*intermediates$/)
  })

  it.each([
    [400, 'ValidationException', 'ERR_SERVICE_VALIDATION'],
    [401, '', 'ERR_SERVICE_ACCESS_DENIED'],
    [403, 'AccessDeniedException', 'ERR_SERVICE_ACCESS_DENIED'],
    [404, 'ResourceNotFoundException', 'ERR_SERVICE_NOT_FOUND'],
    [405, '', 'ERR_SERVICE_VALIDATION'],
    [413, '', 'ERR_SERVICE_VALIDATION'],
    [429, '', 'ERR_SERVICE_THROTTLED'],
    [400, 'ThrottlingException', 'ERR_SERVICE_THROTTLED'],
    [400, 'Throttling', 'ERR_SERVICE_THROTTLED'],
    [400, 'TooManyRequestsException', 'ERR_SERVICE_THROTTLED'],
    [503, 'ThrottlingException', 'ERR_SERVICE_THROTTLED'],
    [400, 'NotThrottlingException', 'ERR_SERVICE_VALIDATION'],
    [500, 'InternalServerException', 'ERR_SERVICE_FAULT'],
    [503, '', 'ERR_SERVICE_FAULT'],
    [302, '', 'ERR_SERVICE_RESPONSE_INVALID'],
    [100, '', 'ERR_SERVICE_RESPONSE_INVALID'],
  ] as const)('status %d of type %j is %s', (status, type, code) => {
    expect(errorOf(status, {}, { 'x-amzn-errortype': type }).code).toBe(code)
  })

  it.each([
    [{ 'x-amzn-errortype': 'A' }, { code: 'B', __type: 'C' }, 'A'],
    [{ 'x-amzn-errortype': 'A:http://internal.amazon.com/coral/' }, {}, 'A'],
    [{ 'x-amzn-errortype': 'aws.rolesanywhere#A:http://a/#b' }, {}, 'A'],
    [{}, { code: 'B', __type: 'C' }, 'B'],
    [{}, { __type: 'com.amazonaws#C' }, 'C'],
    [{ 'x-amzn-errortype': '' }, { code: 'B' }, 'B'],
    [{ 'x-amzn-errortype': 'two words' }, { code: 5, __type: 'C' }, 'C'],
    [{ 'x-amzn-errortype': '\x1b[31m' }, {}, undefined],
    [{ 'x-amzn-errortype': 'x'.repeat(129) }, {}, undefined],
    [{}, { code: null, __type: ['C'] }, undefined],
    [{}, 'null', undefined],
  ])('reads the type from headers %j and body %j', (headers, body, type) => {
    expect(errorOf(400, body, headers).detail['awsErrorType']).toBe(type)
  })

  it.each([
    [{ message: 'one', Message: 'two' }, 'one'],
    [{ Message: 'two' }, 'two'],
    [{ message: 5, Message: 'two' }, 'two'],
    [{ message: 'a\r\nb\0\x1b[2Jc\u202ed' }, 'a b [2Jc d'],
    [{ message: '' }, 'the answer gives no reason'],
    [{}, 'the answer gives no reason'],
    ['<html>Forbidden</html>', 'the answer gives no reason'],
    ['', 'the answer gives no reason'],
    ['['.repeat(100_000), 'the answer gives no reason'],
  ])('reads the words of %j', (body, words) => {
    expect(errorOf(400, body, {}).message).toBe(`CreateSession failed: ${words} (HTTP 400)`)
  })

  it('cuts long words', () => {
    const { message } = errorOf(400, { message: 'x'.repeat(900_000) })
    expect(message.length).toBeLessThan(700)
    expect(message).toContain('x…')
  })

  it('does not repeat a signature that the answer echoes', () => {
    const signature = 'ab12'.repeat(32)
    const { message } = errorOf(403, {
      message: `got Signature=${signature}, hash ${'0'.repeat(64)}`,
    })
    expect(message).not.toContain(signature)
    expect(message).toContain(`got Signature=[hex removed], hash ${'0'.repeat(64)}`)
  })

  it.each(['', 'a b', 'r\n', 'x'.repeat(129)])('leaves out the request id %j', (requestId) => {
    const error = errorOf(400, {}, { 'x-amzn-requestid': requestId })
    expect(error.message).not.toContain('request id')
    expect(error.detail).toEqual({ status: 400 })
  })
})

describe('the hint', () => {
  it.each([
    ['Untrusted signing certificate', 'intermediates'],
    ['Untrusted Signing Certificate', 'intermediates'],
    ['Untrusted certificate. Insufficient certificate', 'keyUsage digitalSignature'],
    ['Certificate revoked', 'CRL'],
    ['Certificate expired', 'renew the certificate'],
    ['Certificate not yet valid', 'notBefore'],
    ['Signature expired: 20261121T120000Z is too old', 'set the clock'],
    ['Signature not yet current: 20261121T120000Z', 'set the clock'],
    ["Credential should be scoped to a valid region, not 'x'", 'leave out region'],
    ['Invalid signature', 'proxy that may rewrite'],
    ['Missing Authentication Token', 'proxy that may rewrite'],
    [
      'Unable to assume role for arn:aws:iam::1:role/a: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      'durationSeconds',
    ],
    ['Unable to assume role for arn:aws:iam::1:role/a', 'sts:SetSourceIdentity'],
    ['Not authorized to set roleSessionName.', 'leave out roleSessionName'],
    ['something new', 'a disabled trust anchor or profile'],
  ])('of "%s" says "%s"', (message, remedy) => {
    expect(denied(message).hint).toContain(remedy)
  })

  it('of a refusal without words points at what stands in between', () => {
    expect(errorOf(403, '<html>', {}).hint).toContain('something else than Roles Anywhere answered')
  })

  it('of a 404 tells an unknown resource from an unknown operation', () => {
    const type = (name: string) => ({ 'x-amzn-errortype': name })
    expect(errorOf(404, {}, type('ResourceNotFoundException')).hint).toContain('trustAnchorArn')
    expect(errorOf(404, {}, type('UnknownOperationException')).hint).toContain('endpoint')
  })

  it('of throttling and of a fault says how to go on', () => {
    expect(errorOf(429, {}).hint).toContain('cache')
    expect(errorOf(400, {}, { 'x-amzn-errortype': 'ThrottlingException' }).hint).toContain('cache')
    expect(errorOf(500, {}).hint).toContain('try again later')
  })

  it.each([
    ["'trustAnchorArn' is not the ARN of a trust-anchor", 'check trustAnchorArn'],
    ["'profileArn' is not the ARN of a profile", 'check profileArn'],
    ["'roleArn' is required", 'check roleArn'],
    ['Trust anchor, profile and role are in different accounts', 'profileArn and roleArn'],
    ["'durationSeconds' has to be between 900 and 43200", 'durationSeconds'],
    ["'roleSessionName' has to match", 'roleSessionName'],
    ['something new', 'check trustAnchorArn, profileArn and roleArn'],
  ])('of a 400 "%s" says which value to check: "%s"', (message, remedy) => {
    const { hint } = errorOf(400, { message }, { 'x-amzn-errortype': 'ValidationException' })
    expect(hint).toContain(remedy)
  })

  it('is absent where the words of the service say it all', () => {
    expect(errorOf(400, { message: 'the body is too long' }).hint).toBeUndefined()
  })
})
