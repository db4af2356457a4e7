/**
 * Credentials as environment variables: for a child process, and as lines for a shell.
 *
 * @see AWS SDKs and Tools Reference Guide, "Environment variables"
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'

/** The variables that every SDK reads, and the expiry that some tools do. */
export function credentialVariables(credentials: SessionCredentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: credentials.expiration,
  }
}

export type Shell = 'bash' | 'fish' | 'powershell' | 'json' | 'dotenv'

/** Text that sets exactly these values, whatever characters are in them. */
export function shellLines(variables: Readonly<Record<string, string>>, shell: Shell): string {
  if (shell === 'json') return `${JSON.stringify(variables)}\n`
  const line = LINES[shell]
  return Object.entries(variables)
    .map(([name, value]) => `${line(name, value)}\n`)
    .join('')
}

const LINES: Readonly<Record<Exclude<Shell, 'json'>, (name: string, value: string) => string>> = {
  // Single quotes keep everything but themselves, in every POSIX shell.
  bash: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, '\\$&')}'`,
  powershell: (name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
  // No two readers agree on escapes; credentials have neither quotes nor line ends in them.
  dotenv: (name, value) => `${name}='${value}'`,
}

/** What would compete with credentials given to a child, or hand it our own secrets. */
const COMPETING =
  /^(?:AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|PROFILE|DEFAULT_PROFILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CONTAINER_.*|EC2_METADATA_.*)|ROLESANYWHERE_.*|NOTIFY_SOCKET|LISTEN_.*|WATCHDOG_.*)$/

/**
 * The environment of a child: ours without what competes, with what it is given.
 *
 * @param secrets - names of further variables that hold secrets of ours
 */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  given: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !COMPETING.test(entry[0]) && !secrets.includes(entry[0]),
  )
  return { ...Object.fromEntries(kept), ...given }
}
