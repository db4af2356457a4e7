import { expect, it } from 'vitest'
import { describeRequest, type RequestFacts } from '../../../src/emulator/request-facts.ts'

const FACTS: RequestFacts = {
  at: 0,
  requestId: 'id',
  method: 'POST',
  path: '/sessions',
  verdict: {
    kind: 'accepted',
    subject: 'CN=client',
    roleArn: 'arn:aws:iam::111122223333:role/x',
    sessionArn: 'arn:aws:sts::111122223333:assumed-role/x/01',
    expiration: '2026-11-22T11:00:00Z',
  },
  status: 201,
  faults: [],
}

it.each<[string, Partial<RequestFacts>]>([
  [
    'POST /sessions 201 accepted "CN=client" as arn:aws:sts::111122223333:assumed-role/x/01 until 2026-11-22T11:00:00Z',
    {},
  ],
  [
    'POST /sessions 403 certificate-revoked: the certificate is revoked',
    { status: 403, verdict: { kind: 'certificate-revoked', reason: 'the certificate is revoked' } },
  ],
  [
    'not an HTTP request 400 malformed: malformed request line [fault latency=1, close:x2]',
    {
      method: '',
      path: '',
      status: 400,
      verdict: { kind: 'malformed', reason: 'malformed request line' },
      faults: ['latency=1', 'close:x2'],
    },
  ],
  [
    'POST /sessions 403 untrusted-certificate: CN=??[31m',
    { status: 403, verdict: { kind: 'untrusted-certificate', reason: 'CN=\n\u{1b}[31m' } },
  ],
])('%s', (line, facts) => {
  expect(describeRequest({ ...FACTS, ...facts })).toBe(line)
})
