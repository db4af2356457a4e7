/**
 * Every situation a client is put into, one row each.
 *
 * @module
 */

import type { EmulatorOptions } from '../emulator.ts'
import type { CertificateOptions } from '../throwaway-pki.ts'

export interface Situation {
  readonly id: string
  /** What the service does, or what the client is given. */
  readonly meaning: string
  /** Of the leaf certificate; default an EC P-256 key directly under the trust anchor. */
  readonly leaf?: CertificateOptions
  /** Whether an intermediate CA issued it, and where the client finds that: beside, or behind the leaf. */
  readonly intermediate?: 'in its own file' | 'in the certificate file'
  /** Who issued it, where that is not the one trusted. */
  readonly issuer?: 'stranger' | 'revoking'
  /** As on the command line. */
  readonly faults?: readonly string[]
  readonly service?: Pick<EmulatorOptions, 'resources' | 'maxSessionDuration' | 'profileDuration'>
}

/** Each client has this long, and is ended then. */
export const DEADLINE_MS = 20_000

const PAST = new Date('2021-01-01T00:00:00Z')
const FUTURE = new Date('2048-01-01T00:00:00Z')

/** What it sends; each of these should bring credentials. */
export const PLAIN_SITUATIONS: readonly Situation[] = [
  { id: 'plain', meaning: 'an EC P-256 key under the trust anchor' },
  { id: 'p384', meaning: 'an EC P-384 key', leaf: { curve: 'P-384' } },
  { id: 'rsa', meaning: 'an RSA key of 2048 bits', leaf: { keyType: 'rsa' } },
  {
    id: 'chain',
    meaning: 'an intermediate CA in a file of its own',
    intermediate: 'in its own file',
  },
  {
    id: 'bundle',
    meaning: 'an intermediate CA behind the leaf in the certificate file',
    intermediate: 'in the certificate file',
  },
  { id: 'negative-serial', meaning: 'a negative serial number', leaf: { serialNumber: -77n } },
]

const TROUBLE: readonly Situation[] = [
  { id: 'throttled', meaning: '429 twice, then a session', faults: ['status=429:x2'] },
  {
    id: 'retry-after',
    meaning: '429 with Retry-After: 2, then a session',
    faults: ['throttle=0,retry-after=2:x1'],
  },
  { id: 'unavailable', meaning: '503 twice, then a session', faults: ['status=503:x2'] },
  { id: 'internal', meaning: '500 twice, then a session', faults: ['status=500:x2'] },
  { id: 'reset', meaning: 'a reset connection, then a session', faults: ['reset:x1'] },
  { id: 'closed', meaning: 'a closed connection, then a session', faults: ['close:x1'] },
  { id: 'cut', meaning: 'half of an answer, then a session', faults: ['truncate:x1'] },
  { id: 'throttled-forever', meaning: '429 every time', faults: ['status=429'] },
  { id: 'unavailable-forever', meaning: '503 every time', faults: ['status=503'] },
  { id: 'slow', meaning: 'an answer after 3 seconds', faults: ['latency=3000'] },
  { id: 'silent', meaning: 'no answer', faults: ['silence'] },
  { id: 'clock-behind', meaning: 'a server clock an hour ahead of ours', faults: ['skew=3600'] },
  { id: 'clock-ahead', meaning: 'a server clock an hour behind ours', faults: ['skew=-3600'] },
  { id: 'short', meaning: 'credentials that end in 2 minutes', faults: ['expires-in=120'] },
  { id: 'ended', meaning: 'credentials that have ended', faults: ['expired'] },
]

const REFUSALS: readonly Situation[] = [
  { id: 'untrusted', meaning: 'a certificate of an unknown CA', issuer: 'stranger' },
  {
    id: 'insufficient',
    meaning: 'a certificate that may not sign',
    leaf: { keyUsage: ['keyEncipherment'] },
  },
  { id: 'expired', meaning: 'an expired certificate', leaf: { notAfter: PAST } },
  { id: 'not-yet', meaning: 'a certificate of tomorrow', leaf: { notBefore: FUTURE } },
  { id: 'revoked', meaning: 'a revoked certificate', issuer: 'revoking' },
  {
    id: 'no-anchor',
    meaning: 'a trust anchor that does not exist',
    service: {
      resources: {
        trustAnchorArn:
          'arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/00000000-0000-0000-0000-000000000000',
      },
    },
  },
  {
    id: 'anchor-disabled',
    meaning: 'a disabled trust anchor',
    service: { resources: { trustAnchorEnabled: false } },
  },
  {
    id: 'profile-disabled',
    meaning: 'a disabled profile',
    service: { resources: { profileEnabled: false } },
  },
  {
    id: 'role',
    meaning: 'a role that the profile does not list',
    service: { resources: { roleArns: [] } },
  },
  {
    id: 'duration',
    meaning: 'a session longer than the role allows',
    service: { profileDuration: 3600, maxSessionDuration: 900 },
  },
  { id: 'signature', meaning: 'a signature that does not fit', faults: ['deny=Invalid signature'] },
  { id: 'invalid', meaning: '400 ValidationException', faults: ['status=400'] },
]

const WRONG_ANSWERS: readonly Situation[] = [
  { id: 'html', meaning: 'a web page in place of JSON', faults: ['html'] },
  { id: 'redirect', meaning: 'a redirection', faults: ['redirect=/elsewhere'] },
  { id: 'garbage', meaning: 'no HTTP', faults: ['garbage'] },
  { id: 'half-json', meaning: 'half of the JSON', faults: ['cut-json'] },
  { id: 'no-session', meaning: 'an empty list of sessions', faults: ['empty'] },
  { id: 'no-token', meaning: 'a session without its token', faults: ['missing-token'] },
  { id: 'no-date', meaning: 'an expiration that is no date', faults: ['bad-expiration'] },
  { id: 'line-break', meaning: 'a line break in the token', faults: ['crlf'] },
]

export const SITUATIONS: readonly Situation[] = [
  ...PLAIN_SITUATIONS,
  ...TROUBLE,
  ...REFUSALS,
  ...WRONG_ANSWERS,
]
