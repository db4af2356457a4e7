/**
 * The answer that SDKs expect from a `credential_process` program.
 *
 * @see AWS SDKs and Tools Reference Guide, "Process credential provider"
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'

/**
 * One JSON object on one line, ending in a newline. `Expiration` is always there: without it every
 * SDK would take the credentials for eternal.
 */
export function credentialProcessJson(credentials: SessionCredentials): string {
  return `${JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: credentials.expiration,
    AccountId: credentials.accountId,
  })}\n`
}
