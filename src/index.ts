/**
 * The public library: credentials in process, for the AWS SDK for JavaScript v3 and for others.
 *
 * Everything that is exported here is part of the interface; everything that is not may change.
 *
 * @module
 */

import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from './core/arn.ts'
import {
  checkCreateSessionParameters,
  type CreateSessionParameters,
} from './core/create-session-request.ts'
import type { SessionCredentials } from './core/credentials.ts'
import { chooseEndpoint } from './core/endpoint.ts'
import { RolesAnywhereError } from './core/errors.ts'
import {
  parseCertificateLocation,
  parseContentLocation,
  parseKeyLocation,
  type CertificateLocation,
  type KeyLocation,
} from './core/key-location.ts'
import type { Identity, Reporter } from './core/ports.ts'
import { VERSION } from './core/version.ts'
import {
  loadFileIdentity,
  type FileIdentityOptions,
} from './identity/content/load-file-identity.ts'
import { readSmallFile } from './machine/read-file.ts'
import type { TokenOptions } from './identity/pkcs11/token/open-tokens.ts'
import { parseSecretSource } from './core/secret-source.ts'
import type { SecretPorts } from './identity/secret/secret-ports.ts'
import { createSession } from './session/create-session.ts'
import { ServerClock } from './session/server-clock.ts'
import { monotonicClock } from './machine/monotonic.ts'
import { schedule, wait } from './machine/wait.ts'
import { createTransport, type Transport } from './transport/send.ts'
import { MAX_CA_BUNDLE_BYTES } from './transport/trust.ts'

export {
  RolesAnywhereError,
  type ErrorCode,
  type ErrorDetail,
  type ErrorFamily,
} from './core/errors.ts'

export interface FromRolesAnywhereOptions {
  readonly trustAnchorArn: string
  readonly profileArn: string
  readonly roleArn: string
  /**
   * Path of the certificate, PEM or DER; its chain may be in the same file, in any order. Or a `pkcs11:`
   * URI of a token, which needs the optional package pkcs11js.
   */
  readonly certificate: string
  /** Path of the private key, or a `pkcs11:` URI. Default: the key with the certificate. */
  readonly privateKey?: string | undefined
  /** Path of certificates between yours and the trust anchor. */
  readonly intermediates?: string | undefined
  /** Where the key's password is (`env:NAME`, `file:PATH` …), or a function that yields it. */
  readonly keyPassword?: string | (() => Promise<string>) | undefined
  /** Path of the PKCS#11 module. Default: what the URI says, then what the system knows. */
  readonly pkcs11Lib?: string | undefined
  /** Where the token's PIN is (`env:NAME`, `file:PATH` …). Default: what the URI says. */
  readonly pin?: string | undefined
  /** Use the PIN for keys that ask for one with every signature, too. Default false. */
  readonly reusePin?: boolean | undefined
  /** Refuse a private key file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
  /** Seconds, 900 to 43,200. Default: the Roles Anywhere profile's own. */
  readonly durationSeconds?: number | undefined
  /** Only where the Roles Anywhere profile accepts one. */
  readonly roleSessionName?: string | undefined
  /** Default: the trust anchor's. */
  readonly region?: string | undefined
  /** Such as a VPC endpoint's URL. Default: the region's endpoint. */
  readonly endpoint?: string | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
  /** Path of a PEM file with the only authorities to trust for TLS. */
  readonly caBundle?: string | undefined
  /** URL of a proxy. Default: none; the environment is not asked. */
  readonly proxy?: string | undefined
  /** Milliseconds for one call, retries included, 1 to 3,600,000. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /** Gets each warning, such as of a key file that others may read. Default: warnings are dropped. */
  readonly onWarning?: Reporter['warn'] | undefined
}

const monotonic = monotonicClock(Date.now)

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
 * @throws {RolesAnywhereError} at once for options that cannot work: ERR_CONFIG_ARN_INVALID,
 *   ERR_CONFIG_ARN_DISAGREEMENT, ERR_CONFIG_ENDPOINT_INVALID, ERR_USAGE_INVALID_VALUE,
 *   ERR_USAGE_CONFLICT. The provider's promise rejects with codes of every other family.
 */
export function fromRolesAnywhere(
  options: FromRolesAnywhereOptions,
): () => Promise<RolesAnywhereCredentials> {
  const parameters = parametersOf(options)
  const { certificate, privateKey, intermediates } = options
  const places = {
    certificate: parseCertificateLocation(certificate, 'certificate'),
    privateKey: privateKey === undefined ? undefined : parseKeyLocation(privateKey, 'privateKey'),
    intermediates:
      intermediates === undefined
        ? undefined
        : parseContentLocation(intermediates, 'intermediates'),
  }
  const password =
    typeof options.keyPassword === 'string'
      ? parseSecretSource(options.keyPassword, 'keyPassword')
      : options.keyPassword
  const pin = options.pin === undefined ? undefined : parseSecretSource(options.pin, 'pin')
  return async () => {
    const reporter = reporterFor(options)
    await using identity = await loadIdentity({ ...options, ...places, password, pin }, reporter)
    await using transport = await transportFor(options)
    return plain(
      await createSession(parameters, {
        identity,
        send: transport.send,
        serverClock: new ServerClock(Date.now, monotonic),
        clock: Date.now,
        monotonic,
        schedule,
        random: Math.random,
        wait,
        reporter,
        totalTimeoutMs: options.timeoutMs,
      }),
    )
  }
}

async function loadIdentity(
  options: Omit<FileIdentityOptions, 'certificate' | 'privateKey'> &
    Pick<FromRolesAnywhereOptions, 'pkcs11Lib'> &
    TokenOptions & {
      readonly certificate: CertificateLocation
      readonly privateKey?: KeyLocation | undefined
    },
  reporter: Reporter,
): Promise<Identity> {
  const ports = { reporter, clock: Date.now, secrets: { ...SECRET_PORTS, reporter } }
  const { certificate, privateKey } = options
  if (certificate.kind !== 'pkcs11' && privateKey?.kind !== 'pkcs11') {
    if (privateKey?.kind === 'tpm-handle') {
      throw new RolesAnywhereError(
        'ERR_USAGE_NOT_SUPPORTED',
        'the library takes no TPM handles yet',
      )
    }
    return await loadFileIdentity({ ...options, certificate, privateKey }, ports)
  }
  const { loadPkcs11Identity } = await import('./identity/pkcs11/token/load-pkcs11-identity.ts')
  return await loadPkcs11Identity(
    { ...options, library: options.pkcs11Lib },
    {
      ...ports,
      tell(line) {
        reporter.warn(line)
      },
    },
  )
}

function parametersOf(options: FromRolesAnywhereOptions): CreateSessionParameters {
  const trustAnchorArn = parseTrustAnchorArn(options.trustAnchorArn)
  const region = options.region ?? trustAnchorArn.region
  const parameters: CreateSessionParameters = {
    trustAnchorArn,
    profileArn: parseProfileArn(options.profileArn),
    roleArn: parseRoleArn(options.roleArn),
    region,
    endpoint: chooseEndpoint({
      region,
      useFips: options.useFipsEndpoint,
      useDualstack: options.useDualstackEndpoint,
      endpointUrl: options.endpoint,
    }),
    durationSeconds: options.durationSeconds,
    roleSessionName: options.roleSessionName,
  }
  checkCreateSessionParameters(parameters)
  checkTimeout(options.timeoutMs)
  return parameters
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    'no call can last as long as timeoutMs says',
    {
      hint: `timeoutMs takes whole milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
    },
  )
}

/** As long as --timeout may be. */
const MAX_TIMEOUT_MS = 3_600_000

async function transportFor({ caBundle, proxy }: FromRolesAnywhereOptions): Promise<Transport> {
  return createTransport({
    userAgent: `rolesanywhere/${VERSION} (node)`,
    caBundle:
      caBundle === undefined
        ? undefined
        : {
            pem: (await readSmallFile(caBundle, 'caBundle', MAX_CA_BUNDLE_BYTES)).bytes.toString(
              'latin1',
            ),
            source: caBundle,
          },
    proxy: { httpsProxy: proxy },
  })
}

function reporterFor({ onWarning }: FromRolesAnywhereOptions): Reporter {
  return {
    warn: (message, warning) => onWarning?.(message, warning),
    debug: () => undefined,
  }
}

/** A library asks nobody and reads nobody's standard input. */
const SECRET_PORTS: Omit<SecretPorts, 'reporter'> = {
  env: process.env,
  prompt: async () => Promise.reject(unavailable('a terminal')),
  readStdin: async () => Promise.reject(unavailable('standard input')),
}

function unavailable(what: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `the library does not read passwords from ${what}`,
    { hint: 'give keyPassword as env:NAME, file:PATH, cmd:COMMAND, or a function' },
  )
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
