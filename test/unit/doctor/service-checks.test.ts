import { describe, expect, it } from 'vitest'
import { serviceError } from '../../../src/core/service-error.ts'
import { judgeAll } from '../../../src/doctor/check.ts'
import { SERVICE_CHECKS } from '../../../src/doctor/service-checks.ts'

const EXCHANGE = {
  endpoint: new URL('https://rolesanywhere.eu-central-1.amazonaws.com'),
  proxy: undefined,
  phases: [],
  server: undefined,
  status: 201,
  clockOffsetMs: 0,
  isSession: true,
} as const

function examine(status: number, type: string, message: string) {
  const failure = serviceError({
    status,
    headers: { 'x-amzn-errortype': type },
    body: Buffer.from(JSON.stringify({ message })),
  })
  return judgeAll(SERVICE_CHECKS, { ...EXCHANGE, failure, expiration: undefined })
}

describe('service checks', () => {
  it('pass a session', () => {
    const findings = judgeAll(SERVICE_CHECKS, {
      ...EXCHANGE,
      failure: undefined,
      expiration: '2026-11-22T01:00:00Z',
    })
    expect(findings.map(({ status }) => status)).toEqual(
      Object.keys(SERVICE_CHECKS).map(() => 'ok'),
    )
  })

  it('are skipped where no session could be asked for', () => {
    const findings = judgeAll(SERVICE_CHECKS, {
      ...EXCHANGE,
      ...{ isSession: false, failure: undefined, expiration: undefined },
    })
    expect(new Set(findings.map(({ status }) => status))).toEqual(new Set(['skipped']))
  })

  it.each([
    [429, 'ThrottlingException', 'Rate exceeded', 'service-available'],
    [503, '', '', 'service-available'],
    [400, 'ValidationException', "'roleArn' is required", 'service-request'],
    [404, 'ResourceNotFoundException', 'no such anchor', 'service-resources'],
    [403, 'AccessDeniedException', 'the trust anchor is disabled', 'service-resources'],
    [403, 'AccessDeniedException', 'Untrusted signing certificate', 'service-certificate'],
    [403, '', 'Untrusted certificate. Insufficient certificate', 'service-certificate'],
    [403, 'AccessDeniedException', 'Certificate revoked', 'service-certificate'],
    [
      403,
      'AccessDeniedException',
      'Unable to assume role for arn:aws:iam::1:role/a',
      'service-role',
    ],
    [403, 'AccessDeniedException', 'Not authorized to set roleSessionName.', 'service-role'],
    [403, 'AccessDeniedException', 'something new', 'service-access'],
  ])('of %i %s "%s" speaks %s alone', (status, type, message, id) => {
    const problems = examine(status, type, message).filter((one) => one.status !== 'skipped')
    expect(problems.map((one) => [one.id, one.status])).toEqual([[id, 'problem']])
  })
})
