/**
 * Credentials as environment variables: for a child process, and as lines for a shell.
 *
 * @see AWS SDKs and Tools Reference Guide, "Environment variables"
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The variables that every SDK reads, and the expiry that some tools do. */
export function credentialVariables(credentials: SessionCredentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: credentials.expiration,
  }
}

/**
 * The region that programs work in: their own where the environment has one, else that of the role. One
 * rule for whoever hands out credentials.
 */
export function regionVariables(own: Environment, ofRole: string): Record<string, string> {
  const { AWS_REGION: region = '', AWS_DEFAULT_REGION: defaultRegion = '' } = own
  const chosen = region || defaultRegion || ofRole
  // Some SDKs read one, some the other.
  return { AWS_REGION: chosen, AWS_DEFAULT_REGION: chosen }
}

export type Shell = 'bash' | 'zsh' | 'sh' | 'fish' | 'powershell' | 'json' | 'dotenv'

/** Text that sets exactly these values, whatever characters are in them. */
export function shellLines(variables: Readonly<Record<string, string>>, shell: Shell): string {
  if (shell === 'json') return `${JSON.stringify(variables)}\n`
  const { set } = FORMS[shell]
  return Object.entries(variables)
    .map(([name, value]) => `${set(name, value)}\n`)
    .join('')
}

/** Text that takes variables away; undefined where a form has no words for that. */
export function unsetLines(names: readonly string[], shell: Shell): string | undefined {
  const unset = shell === 'json' ? undefined : FORMS[shell].unset
  return unset && names.map((name) => `${unset(name)}\n`).join('')
}

/** What keeps SDKs from reading the keys in the environment, or is read besides them. */
export const SHADOWING_VARIABLES: readonly string[] = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SECURITY_TOKEN',
]

interface ShellForm {
  readonly set: (name: string, value: string) => string
  readonly unset?: (name: string) => string
}

const POSIX: ShellForm = {
  // Single quotes keep everything but themselves, in every POSIX shell.
  set: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  unset: (name) => `unset ${name}`,
}

const FORMS: Readonly<Record<Exclude<Shell, 'json'>, ShellForm>> = {
  bash: POSIX,
  zsh: POSIX,
  sh: POSIX,
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, '\\$&')}'`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    set: (name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
  // No two readers agree on escapes; credentials have neither quotes nor line ends in them.
  dotenv: { set: (name, value) => `${name}='${value}'` },
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
  own: Environment,
  given: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !COMPETING.test(entry[0]) && !secrets.includes(entry[0]),
  )
  return { ...Object.fromEntries(kept), ...given }
}
