/**
 * The options of `fromRolesAnywhere`: what they mean, and their way to checked values.
 *
 * Callers without a type checker may give anything, so names and types are looked at first.
 *
 * @module
 */

import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../core/arn.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { parseEndpointUrl } from '../core/endpoint.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import {
  parseCertificateLocation,
  parseContentLocation,
  parseKeyLocation,
  type ToPath,
} from '../core/key-location.ts'
import { nearestWord } from '../core/nearest-word.ts'
import { quoted } from '../core/printable.ts'
import { parseSecretSource } from '../core/secret-source.ts'
import { sessionParameters } from '../core/session-parameters.ts'
import { asValue, says, type SettingName } from '../core/wording.ts'
import type { IdentityOptions, Secret } from '../identity/identity-options.ts'
import { checkIdentityOptions } from '../identity/open-identity.ts'
import { expandHome, type SystemFacts } from '../machine/home-folder.ts'
import type { TransportSettings } from '../transport/open-transport.ts'

export interface FromRolesAnywhereOptions {
  readonly trustAnchorArn: string
  readonly profileArn: string
  readonly roleArn: string
  /**
   * The certificate, in PEM, DER or PKCS#12; its chain may be with it, in any order. A path, a folder, a
   * `pkcs11:` URI of a token (which needs the optional package pkcs11js), or a source such as `env:NAME`.
   */
  readonly certificate: string
  /**
   * The private key: a path (a TPM key file too), `handle:0x81…` of a TPM, a `pkcs11:` URI, or a source such
   * as `env:NAME`. Default: the key with the certificate.
   */
  readonly privateKey?: string | undefined
  /** Path or source of certificates between yours and the trust anchor. */
  readonly intermediates?: string | undefined
  /**
   * Where the password of the private key, PKCS#12 file or TPM key is (`env:NAME`, `file:PATH` …), or a
   * function that yields it.
   */
  readonly keyPassword?: string | (() => Promise<string>) | undefined
  /** Refuse a private key file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
  /** Chooses the certificate: `Key=x509Subject,Value=CN=web …`, or `file://selector.json`. */
  readonly certSelector?: string | undefined
  /** Of several certificates that match, use the one that expires last. Default: refuse to choose. */
  readonly useLatestExpiringCertificate?: boolean | undefined
  /** In place of a private key: a shell command that reads a message on standard input and writes its signature. */
  readonly signerCommand?: string | undefined
  /** Path of the PKCS#11 module. Default: what the URI says, then what the system knows. */
  readonly pkcs11Lib?: string | undefined
  /** Where the token's PIN is (`env:NAME`, `file:PATH` …). Default: what the URI says. */
  readonly pin?: string | undefined
  /** Use the PIN for keys that ask for one with every signature, too. Default false. */
  readonly reusePin?: boolean | undefined
  /** Send a PIN although a wrong one would lock the token. Default false. */
  readonly allowFinalPinTry?: boolean | undefined
  /** The TPM: a device, or the socket of swtpm as a path or `HOST:PORT`. Default `/dev/tpmrm0`. */
  readonly tpmDevice?: string | undefined
  /** Where the password of the TPM key is, where it is not `keyPassword`. */
  readonly tpmKeyPassword?: string | (() => Promise<string>) | undefined
  /** The TPM key has no password, whatever its file says. Default false. */
  readonly noTpmKeyPassword?: boolean | undefined
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
  /**
   * Gets each warning, such as of a key file that others may read. What it throws is dropped. Default:
   * warnings are dropped.
   */
  readonly onWarning?: ((message: string, details: WarningDetails) => void) | undefined
}

export interface WarningDetails {
  /** What to do about it. */
  readonly hint: string | undefined
}

/** The same, checked. */
export interface CheckedOptions {
  readonly identity: IdentityOptions
  readonly parameters: CreateSessionParameters
  readonly transport: TransportSettings
  readonly timeoutMs: number | undefined
  readonly onWarning: FromRolesAnywhereOptions['onWarning']
}

/**
 * @param system - whose home folder `~` means
 * @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING, ERR_USAGE_UNKNOWN_FLAG,
 *   ERR_USAGE_INVALID_VALUE, ERR_USAGE_CONFLICT, ERR_CONFIG_ARN_INVALID, ERR_CONFIG_ARN_DISAGREEMENT,
 *   ERR_CONFIG_ENDPOINT_INVALID, ERR_CONFIG_PKCS11_URI_INVALID.
 */
export function checkOptions(
  options: FromRolesAnywhereOptions,
  system: SystemFacts,
): CheckedOptions {
  checkNamesAndTypes(options)
  const toPath: ToPath = (path) => expandHome(path, system)
  const identity: IdentityOptions = {
    certificate: read('certificate', options.certificate, (text) =>
      parseCertificateLocation(text, 'certificate', toPath),
    ),
    privateKey: read('privateKey', options.privateKey, (text) =>
      parseKeyLocation(text, 'privateKey', toPath),
    ),
    intermediates: read('intermediates', options.intermediates, (text) =>
      parseContentLocation(text, 'intermediates', toPath),
    ),
    keyPassword: readSecret('keyPassword', options.keyPassword, toPath),
    strictPermissions: options.strictPermissions,
    certSelector: options.certSelector,
    useLatestExpiringCertificate: options.useLatestExpiringCertificate,
    signerCommand: options.signerCommand,
    pkcs11Lib: read('pkcs11Lib', options.pkcs11Lib, toPath),
    pin: read('pin', options.pin, (text) => parseSecretSource(text, 'pin', toPath)),
    reusePin: options.reusePin,
    allowFinalPinTry: options.allowFinalPinTry,
    tpmDevice: options.tpmDevice,
    tpmKeyPassword: readSecret('tpmKeyPassword', options.tpmKeyPassword, toPath),
    noTpmKeyPassword: options.noTpmKeyPassword,
  }
  checkIdentityOptions(identity)
  checkTimeout(options.timeoutMs)
  return {
    identity,
    parameters: sessionParameters({
      trustAnchorArn: read('trustAnchorArn', options.trustAnchorArn, parseTrustAnchorArn),
      profileArn: read('profileArn', options.profileArn, parseProfileArn),
      roleArn: read('roleArn', options.roleArn, parseRoleArn),
      sessionDuration: options.durationSeconds,
      roleSessionName: options.roleSessionName,
      region: options.region,
      endpoint: read('endpoint', options.endpoint, parseEndpointUrl),
      useFipsEndpoint: options.useFipsEndpoint,
      useDualstackEndpoint: options.useDualstackEndpoint,
    }),
    transport: {
      caBundle: read('caBundle', options.caBundle, toPath),
      proxy: options.proxy,
    },
    timeoutMs: options.timeoutMs,
    onWarning: options.onWarning,
  }
}

/** Every option, and what `typeof` may say of it. */
const OPTION_TYPES = {
  trustAnchorArn: ['string'],
  profileArn: ['string'],
  roleArn: ['string'],
  certificate: ['string'],
  privateKey: ['string'],
  intermediates: ['string'],
  keyPassword: ['string', 'function'],
  strictPermissions: ['boolean'],
  certSelector: ['string'],
  useLatestExpiringCertificate: ['boolean'],
  signerCommand: ['string'],
  pkcs11Lib: ['string'],
  pin: ['string'],
  reusePin: ['boolean'],
  allowFinalPinTry: ['boolean'],
  tpmDevice: ['string'],
  tpmKeyPassword: ['string', 'function'],
  noTpmKeyPassword: ['boolean'],
  durationSeconds: ['number'],
  roleSessionName: ['string'],
  region: ['string'],
  endpoint: ['string'],
  useFipsEndpoint: ['boolean'],
  useDualstackEndpoint: ['boolean'],
  caBundle: ['string'],
  proxy: ['string'],
  timeoutMs: ['number'],
  onWarning: ['function'],
} as const satisfies Record<keyof FromRolesAnywhereOptions, readonly string[]>

const REQUIRED = ['trustAnchorArn', 'profileArn', 'roleArn', 'certificate'] as const

function checkNamesAndTypes(options: unknown): void {
  const given = new Map(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as ReadonlyMap<string, unknown>
  for (const [name, value] of given) {
    const types: readonly string[] | undefined = Object.hasOwn(OPTION_TYPES, name)
      ? OPTION_TYPES[name as keyof typeof OPTION_TYPES]
      : undefined
    if (types === undefined) throw unknownOption(name)
    if (!types.includes(typeof value)) {
      throw new RolesAnywhereError(
        'ERR_USAGE_INVALID_VALUE',
        `${name} is to be a ${types.join(' or a ')}, and a ${value === null ? 'null' : typeof value} was given`,
      )
    }
  }
  const missing = REQUIRED.filter((name) => (given.get(name) ?? '') === '')
  if (missing.length === 0) return
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    `fromRolesAnywhere needs ${missing.join(', ')}`,
    { hint: 'give each as an option', detail: { settings: missing } },
  )
}

function unknownOption(name: string): RolesAnywhereError {
  const meant = nearestWord(name, Object.keys(OPTION_TYPES))
  return new RolesAnywhereError(
    'ERR_USAGE_UNKNOWN_FLAG',
    `fromRolesAnywhere has no option ${quoted(name)}`,
    { hint: meant === undefined ? 'docs/library.md lists all of them' : `did you mean ${meant}?` },
  )
}

/** Parses what was given; an error begins with the name of the option. */
function read<T>(name: string, text: string, parse: (text: string) => T): T
function read<T>(name: string, text: string | undefined, parse: (text: string) => T): T | undefined
function read<T>(
  name: string,
  text: string | undefined,
  parse: (text: string) => T,
): T | undefined {
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    const { message, hint } = error.wording
    throw new RolesAnywhereError(error.code, says`${name}: ${asValue(message, name)}`, {
      hint,
      detail: error.detail,
      cause: error.cause,
    })
  }
}

function readSecret(
  name: SettingName,
  given: string | (() => Promise<string>) | undefined,
  toPath: ToPath,
): Secret | undefined {
  if (typeof given === 'function') return given
  return read(name, given, (text) => parseSecretSource(text, name, toPath))
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    'no call can last as long as timeoutMs says',
    { hint: `timeoutMs takes whole milliseconds from 1 to ${MAX_TIMEOUT_MS}` },
  )
}

/** As long as the setting `timeout` may be. */
const MAX_TIMEOUT_MS = 3_600_000
