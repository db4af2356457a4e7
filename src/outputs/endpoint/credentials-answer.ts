/**
 * Credentials, or the lack of them, as the two kinds of clients expect to read it.
 *
 * @see protocol-facts.md 6.1, 6.3 (IMDS) and 7 (container provider)
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import type { RolesAnywhereError } from '../../core/errors.ts'
import { jsonResponse, jsonTextResponse, type EndpointResponse } from './exchange.ts'
import type { ServedRole } from './served-role.ts'

/** A request that is let through and needs credentials, which may still have to be waited for. */
export interface CredentialsWanted {
  readonly role: ServedRole
  readonly format: 'imds' | 'container'
  readonly headers: Readonly<Record<string, string>>
}

/** Bodies by format, written once for each set of credentials: thousands of requests get the same. */
export class CredentialsBodies {
  readonly #bodies = new WeakMap<SessionCredentials, Map<CredentialsWanted['format'], string>>()

  answer(
    { role, format, headers }: CredentialsWanted,
    credentials: SessionCredentials,
    lastUpdatedAt: number,
  ): EndpointResponse {
    const bodies = this.#bodies.get(credentials) ?? new Map<CredentialsWanted['format'], string>()
    const body = bodies.get(format) ?? credentialsBody(role, format, credentials, lastUpdatedAt)
    this.#bodies.set(credentials, bodies.set(format, body))
    return jsonTextResponse(`${format}-credentials`, 200, body, headers)
  }
}

function credentialsBody(
  role: ServedRole,
  format: CredentialsWanted['format'],
  credentials: SessionCredentials,
  lastUpdatedAt: number,
): string {
  const keys = {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: credentials.expiration,
  }
  return JSON.stringify(
    format === 'imds'
      ? { Code: 'Success', LastUpdated: isoSeconds(lastUpdatedAt), Type: 'AWS-HMAC', ...keys }
      : { ...keys, AccountId: role.accountId, RoleArn: role.roleArn },
  )
}

/** Never `Success`, never an empty key: clients then keep what they have, and ask again. */
export function failureAnswer(
  { format, headers }: CredentialsWanted,
  error: RolesAnywhereError,
  now: number,
): EndpointResponse {
  const message = `no valid credentials (${error.code}): see the log of rolesanywhere serve`
  const body =
    format === 'imds'
      ? { Code: error.code, Message: message, LastUpdated: isoSeconds(now) }
      : { code: error.code, message }
  return jsonResponse(`${format}-credentials`, 500, body, headers)
}

/** `YYYY-MM-DDTHH:MM:SSZ`: botocore takes no other form. */
export function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
