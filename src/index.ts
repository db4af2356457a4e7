/**
 * The public library: credentials in process, for the AWS SDK for JavaScript v3 and for others.
 *
 * Everything that is exported here is part of the interface; everything that is not may change.
 *
 * @module
 */

import type { SessionCredentials } from './core/credentials.ts'
import { RolesAnywhereError } from './core/errors.ts'
import type { Reporter } from './core/ports.ts'
import { inWords } from './core/wording.ts'
import type { IdentityPorts } from './identity/identity-options.ts'
import { openIdentity } from './identity/open-identity.ts'
import { SecretMemory } from './identity/secret/secret-memory.ts'
import { checkOptions, type FromRolesAnywhereOptions } from './library/options.ts'
import { monotonicClock } from './machine/monotonic.ts'
import { schedule, wait } from './machine/wait.ts'
import { createSession } from './session/create-session.ts'
import { ServerClock } from './session/server-clock.ts'
import { openTransport } from './transport/open-transport.ts'

export {
  RolesAnywhereError,
  type ErrorCode,
  type ErrorDetail,
  type ErrorFamily,
} from './core/errors.ts'
export type { FromRolesAnywhereOptions, WarningDetails } from './library/options.ts'

/** What the AWS SDK for JavaScript v3 calls an `AwsCredentialIdentity`. */
export interface RolesAnywhereCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  readonly accountId: string
}

/**
 * A credential provider: each call reads certificate and key, and obtains new credentials. SDK clients
 * keep what they got until shortly before it expires, so pass the provider itself to them.
 *
 * @example
 * import { S3Client } from '@aws-sdk/client-s3'
 * import { fromRolesAnywhere } from 'rolesanywhere'
 *
 * const client = new S3Client({
 *   region: 'eu-central-1',
 *   credentials: fromRolesAnywhere({
 *     trustAnchorArn: 'arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/…',
 *     profileArn: 'arn:aws:rolesanywhere:eu-central-1:111122223333:profile/…',
 *     roleArn: 'arn:aws:iam::111122223333:role/backup',
 *     certificate: '/etc/pki/client.pem',
 *     privateKey: '/etc/pki/client.key',
 *   }),
 * })
 *
 * @throws {RolesAnywhereError} at once for options that cannot work: ERR_USAGE_MISSING_SETTING,
 *   ERR_USAGE_UNKNOWN_FLAG, ERR_USAGE_INVALID_VALUE, ERR_USAGE_CONFLICT, ERR_CONFIG_ARN_INVALID,
 *   ERR_CONFIG_ARN_DISAGREEMENT, ERR_CONFIG_ENDPOINT_INVALID, ERR_CONFIG_PKCS11_URI_INVALID. The
 *   provider's promise rejects with codes of every other family.
 */
export function fromRolesAnywhere(
  options: FromRolesAnywhereOptions,
): () => Promise<RolesAnywhereCredentials> {
  const { env, platform } = process
  const checked = checkOptions(options, { env, platform })
  const reporter = reporterFor(checked.onWarning)
  const ports = portsWith(reporter)
  return async () => {
    await using identity = await openIdentity(checked.identity, ports)
    await using transport = await openTransport(checked.transport, 'node')
    return plain(
      await createSession(checked.parameters, {
        identity,
        send: transport.send,
        serverClock: new ServerClock(Date.now, monotonic),
        clock: Date.now,
        monotonic,
        schedule,
        random: Math.random,
        wait,
        reporter,
        totalTimeoutMs: checked.timeoutMs,
      }),
    )
  }
}

const monotonic = monotonicClock(Date.now)

/** A library asks nobody and reads nobody's standard input. */
function portsWith(reporter: Reporter): IdentityPorts {
  return {
    clock: Date.now,
    reporter,
    secrets: {
      env: process.env,
      reporter,
      prompt: async () => Promise.reject(unavailable('a terminal')),
      readStdin: async () => Promise.reject(unavailable('standard input')),
      memory: new SecretMemory(),
    },
    tell(line) {
      reporter.warn(line)
    },
  }
}

function unavailable(what: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `the library reads nothing from ${what}`,
    { hint: 'give env:NAME, file:PATH, fd:N, cmd:COMMAND or credential:NAME' },
  )
}

/** A callback that fails, now or later, is no reason to have no credentials. */
function reporterFor(onWarning: FromRolesAnywhereOptions['onWarning']): Reporter {
  return {
    warn(message, { hint } = {}) {
      const details = { hint: hint === undefined ? undefined : inWords(hint) }
      void Promise.try(() => onWarning?.(inWords(message), details)).catch(() => undefined)
    },
    debug: () => undefined,
  }
}

function plain(credentials: SessionCredentials): RolesAnywhereCredentials {
  return {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
    expiration: new Date(credentials.expiresAt),
    accountId: credentials.accountId,
  }
}
