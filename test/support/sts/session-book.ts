/**
 * The sessions that the stand-in knows: what the emulator issued, and what it issued itself.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { AssumedSession } from '../../../src/emulator/create-session.ts'

export interface KnownSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Milliseconds since the epoch. */
  readonly expiration: number
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` */
  readonly arn: string
  /** `AROA…:SESSION` */
  readonly userId: string
  readonly account: string
  readonly sourceIdentity: string | undefined
  /** Tags that go on into every session assumed from this one. */
  readonly transitiveTags: ReadonlyMap<string, string>
}

/** What CreateSession answered, as the session it began. */
export function fromRolesAnywhere({
  credentials,
  assumedRoleUser,
  sourceIdentity,
}: AssumedSession): KnownSession {
  return {
    ...credentials,
    expiration: Date.parse(credentials.expiration),
    arn: assumedRoleUser.arn,
    userId: assumedRoleUser.assumedRoleId,
    account: accountOf(assumedRoleUser.arn),
    sourceIdentity,
    transitiveTags: new Map(),
  }
}

/** A fresh session with keys of its own. */
export function newSession(
  facts: Omit<KnownSession, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'account'>,
): KnownSession {
  return {
    ...facts,
    account: accountOf(facts.arn),
    accessKeyId: `ASIASTANDIN${randomBytes(5).toString('hex').toUpperCase().slice(0, 9)}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(300).toString('base64'),
  }
}

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? ''
}
