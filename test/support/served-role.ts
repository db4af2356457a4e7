/**
 * A role for endpoint tests: its credentials come when the test says so.
 *
 * @module
 */

import { SessionCredentials } from '../../src/core/credentials.ts'
import type { ServedRole } from '../../src/outputs/endpoint/served-role.ts'

export const CANARY = { secretAccessKey: 'canary-secret-key', sessionToken: 'canary-session-token' }

export const EXPIRES_AT = Date.parse('2026-11-22T06:00:00Z')

export const CREDENTIALS: SessionCredentials = new SessionCredentials({
  accessKeyId: 'ASIAEXAMPLE000000001',
  ...CANARY,
  expiresAt: EXPIRES_AT,
  accountId: '123456789012',
  roleArn: 'arn:aws:iam::123456789012:role/path/to/demo-role',
})

export function servedRole(changes: Partial<ServedRole> = {}): ServedRole {
  return {
    profile: 'default',
    roleArn: CREDENTIALS.roleArn,
    accountId: CREDENTIALS.accountId,
    region: 'eu-central-1',
    credentials: () => Promise.resolve(CREDENTIALS),
    // Of a role whose credentials are still to come, there are none at hand.
    current: () => (changes.credentials === undefined ? CREDENTIALS : undefined),
    status: () => ({
      expiresAt: EXPIRES_AT,
      lastSuccessAt: Date.parse('2026-11-22T05:00:00Z'),
      nextTryAt: Date.parse('2026-11-22T05:30:00Z'),
      refreshes: 1,
      failures: new Map(),
    }),
    certificateExpiresAt: () => Date.parse('2027-01-01T00:00:00Z'),
    ...changes,
  }
}
