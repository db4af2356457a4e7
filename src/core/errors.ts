/**
 * The one error class of the project and the table of every code it can carry.
 *
 * A code belongs to a family, and a family answers "who can fix this?"; the family decides the exit
 * code of the command line. Messages say what happened and to which file, setting or token; `hint` says
 * what to do next. Neither ever holds a secret.
 *
 * @module
 */

import { hideSecrets } from './hide-secrets.ts'
import { inWords, settingOf, type NameOf, type SettingName, type Wording } from './wording.ts'

/** Families by who can fix the problem, with the exit code that the command line reports. */
export const ERROR_FAMILIES = {
  usage: { exitCode: 2, whoCanFix: 'the command line' },
  config: { exitCode: 3, whoCanFix: 'files and settings' },
  key: { exitCode: 4, whoCanFix: 'the private key or token' },
  service: { exitCode: 5, whoCanFix: 'the set-up in AWS' },
  network: { exitCode: 6, whoCanFix: 'the network between here and AWS' },
  output: { exitCode: 7, whoCanFix: 'the place credentials are written to' },
  internal: { exitCode: 70, whoCanFix: 'the authors of this tool' },
} as const

export type ErrorFamily = keyof typeof ERROR_FAMILIES

/** Every error code: its family, and what it means in one sentence (the source of docs/errors.md). */
export const ERROR_CODES = {
  ERR_USAGE_UNKNOWN_COMMAND: { family: 'usage', meaning: 'the command does not exist' },
  ERR_USAGE_UNKNOWN_FLAG: { family: 'usage', meaning: 'the flag or option does not exist' },
  ERR_USAGE_MISSING_SETTING: { family: 'usage', meaning: 'a required setting was not given' },
  ERR_USAGE_INVALID_VALUE: { family: 'usage', meaning: 'a setting has a value it cannot have' },
  ERR_USAGE_CONFLICT: { family: 'usage', meaning: 'two settings exclude each other' },
  ERR_USAGE_NOT_SUPPORTED: { family: 'usage', meaning: 'known to the reference helper, not here' },

  ERR_CONFIG_FILE_UNREADABLE: { family: 'config', meaning: 'a file cannot be read' },
  ERR_CONFIG_FILE_TOO_LARGE: { family: 'config', meaning: 'a file is larger than any honest one' },
  ERR_CONFIG_FILE_NOT_REGULAR: { family: 'config', meaning: 'a device or directory, not a file' },
  ERR_CONFIG_FILE_PERMISSIONS: { family: 'config', meaning: 'others may read a secret file' },
  ERR_CONFIG_PEM_INVALID: { family: 'config', meaning: 'text that should be PEM is not' },
  ERR_CONFIG_PROFILE_INVALID: { family: 'config', meaning: 'the AWS config file does not parse' },
  ERR_CONFIG_PROFILE_MISSING: { family: 'config', meaning: 'the named AWS profile does not exist' },
  ERR_CONFIG_ARN_INVALID: { family: 'config', meaning: 'an ARN is malformed or of another kind' },
  ERR_CONFIG_ARN_DISAGREEMENT: { family: 'config', meaning: 'ARNs disagree on region or account' },
  ERR_CONFIG_ENDPOINT_INVALID: { family: 'config', meaning: 'the endpoint cannot be used' },
  ERR_CONFIG_CA_BUNDLE_INVALID: { family: 'config', meaning: 'the CA bundle holds no certificate' },
  ERR_CONFIG_CERTIFICATE_INVALID: { family: 'config', meaning: 'a certificate cannot be used' },
  ERR_CONFIG_CERTIFICATE_EXPIRED: { family: 'config', meaning: 'the certificate has expired' },
  ERR_CONFIG_CERTIFICATE_NOT_YET_VALID: {
    family: 'config',
    meaning: 'not valid before a later time',
  },
  ERR_CONFIG_CERTIFICATE_MISSING: {
    family: 'config',
    meaning: 'no certificate where one should be',
  },
  ERR_CONFIG_CERTIFICATE_AMBIGUOUS: {
    family: 'config',
    meaning: 'several certificates match and none is preferred',
  },
  ERR_CONFIG_CHAIN_INVALID: { family: 'config', meaning: 'the certificate chain cannot be used' },
  ERR_CONFIG_PKCS11_URI_INVALID: { family: 'config', meaning: 'a pkcs11 URI does not parse' },
  ERR_CONFIG_SECRET_UNAVAILABLE: { family: 'config', meaning: 'a secret source yields nothing' },

  ERR_KEY_MISSING: { family: 'key', meaning: 'no private key where one should be' },
  ERR_KEY_MALFORMED: { family: 'key', meaning: 'the private key does not parse' },
  ERR_KEY_UNSUPPORTED: { family: 'key', meaning: 'a key type that cannot sign CreateSession' },
  ERR_KEY_CIPHER_UNSUPPORTED: { family: 'key', meaning: 'encrypted in a way that cannot be read' },
  ERR_KEY_KDF_TOO_COSTLY: { family: 'key', meaning: 'opening the key would cost far too much' },
  ERR_KEY_PASSWORD_REQUIRED: { family: 'key', meaning: 'the key is encrypted, no password given' },
  ERR_KEY_PASSWORD_INCORRECT: { family: 'key', meaning: 'the password does not open the key' },
  ERR_KEY_INCONSISTENT: { family: 'key', meaning: 'the numbers of the private key disagree' },
  ERR_KEY_MISMATCH: { family: 'key', meaning: 'private key and certificate are not a pair' },
  ERR_KEY_SIGN_FAILED: { family: 'key', meaning: 'the key could not make a signature' },
  ERR_KEY_TPM_UNAVAILABLE: { family: 'key', meaning: 'the TPM cannot be reached' },
  ERR_KEY_TPM_FAILED: { family: 'key', meaning: 'the TPM refused a command' },
  ERR_KEY_TPM_LOCKED_OUT: { family: 'key', meaning: 'the TPM has seen too many wrong passwords' },
  ERR_KEY_COMMAND_FAILED: { family: 'key', meaning: 'the external signer did not sign' },

  ERR_TOKEN_SUPPORT_MISSING: { family: 'key', meaning: 'an optional package is not installed' },
  ERR_TOKEN_MODULE_UNUSABLE: { family: 'key', meaning: 'no PKCS#11 module that can be loaded' },
  ERR_TOKEN_MODULE_CRASHED: { family: 'key', meaning: 'the PKCS#11 module ended its process' },
  ERR_TOKEN_TIMEOUT: { family: 'key', meaning: 'the PKCS#11 module did not answer in time' },
  ERR_TOKEN_NOT_FOUND: { family: 'key', meaning: 'no token that matches is present' },
  ERR_TOKEN_AMBIGUOUS: { family: 'key', meaning: 'several tokens or objects match' },
  ERR_TOKEN_OBJECT_NOT_FOUND: { family: 'key', meaning: 'the token lacks the certificate or key' },
  ERR_TOKEN_PIN_REQUIRED: { family: 'key', meaning: 'the token needs a PIN and none can be had' },
  ERR_TOKEN_PIN_INCORRECT: { family: 'key', meaning: 'the token refused the PIN' },
  ERR_TOKEN_PIN_FINAL_TRY: { family: 'key', meaning: 'one more wrong PIN would lock the token' },
  ERR_TOKEN_PIN_LOCKED: { family: 'key', meaning: 'the PIN of the token is locked' },
  ERR_TOKEN_FAILED: { family: 'key', meaning: 'a call of the PKCS#11 module failed' },

  ERR_SERVICE_ACCESS_DENIED: { family: 'service', meaning: 'AWS refused the request (403)' },
  ERR_SERVICE_NOT_FOUND: { family: 'service', meaning: 'AWS does not know a resource (404)' },
  ERR_SERVICE_VALIDATION: { family: 'service', meaning: 'AWS found the request malformed (400)' },
  ERR_SERVICE_THROTTLED: { family: 'service', meaning: 'AWS asks for fewer requests (429)' },
  ERR_SERVICE_FAULT: { family: 'service', meaning: 'AWS failed (5xx)' },
  ERR_SERVICE_CLOCK_SKEW: { family: 'service', meaning: 'the clocks here and at AWS disagree' },
  ERR_SERVICE_RESPONSE_INVALID: { family: 'service', meaning: 'the answer holds no credentials' },

  ERR_NETWORK_DNS: { family: 'network', meaning: 'the host name does not resolve' },
  ERR_NETWORK_CONNECT: { family: 'network', meaning: 'no connection, or it broke' },
  ERR_NETWORK_TLS: { family: 'network', meaning: 'TLS could not be agreed or trusted' },
  ERR_NETWORK_TIMEOUT: { family: 'network', meaning: 'no answer in time' },
  ERR_NETWORK_PROXY: { family: 'network', meaning: 'the proxy refused or is unusable' },
  ERR_NETWORK_RESPONSE_INVALID: { family: 'network', meaning: 'the answer breaks our limits' },
  ERR_NETWORK_REDIRECT: { family: 'network', meaning: 'a redirect, which is never followed' },

  ERR_OUTPUT_UNWRITABLE: { family: 'output', meaning: 'the result could not be written' },
  ERR_OUTPUT_UNSAFE: { family: 'output', meaning: 'others could change what is written there' },
  ERR_OUTPUT_EXISTS: { family: 'output', meaning: 'something is there already, and is kept' },
  ERR_OUTPUT_LOCKED: { family: 'output', meaning: 'another process keeps the file locked' },
  ERR_OUTPUT_ADDRESS_IN_USE: { family: 'output', meaning: 'another program has the address' },

  ERR_CANCELLED: { family: 'internal', meaning: 'cancelled by the caller' },
  ERR_INTERNAL: { family: 'internal', meaning: 'an invariant broke: please report it' },
} as const satisfies Record<string, { family: ErrorFamily; meaning: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** Structured facts for programs: never secret, always plain JSON values. */
export type ErrorDetail = Readonly<Record<string, string | number | boolean | readonly string[]>>

export interface ErrorOptions {
  /** What to do next. Printed on a line of its own. */
  readonly hint?: Wording | undefined
  readonly detail?: ErrorDetail | undefined
  /** The lower error; shown only with `--debug`, and redacted there. */
  readonly cause?: unknown
}

/**
 * What every failure of this package is. `message` and `hint` name settings as options of the library;
 * `inNamesOf` says the same in other names.
 *
 * @example
 * throw new RolesAnywhereError('ERR_KEY_MISSING', 'no private key in "client.pem"', {
 *   hint: says`give the file of the key with ${setting('privateKey')}`,
 * })
 */
export class RolesAnywhereError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorDetail
  readonly #message: Wording
  readonly #hint: Wording | undefined

  constructor(code: ErrorCode, message: Wording, options: ErrorOptions = {}) {
    super(inWords(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RolesAnywhereError'
    this.code = code
    this.detail = withoutPins(options.detail ?? {})
    this.#message = message
    this.#hint = options.hint
  }

  /** The setting that the message is about, where it is about one. */
  get setting(): SettingName | undefined {
    return settingOf(this.#message)
  }

  get hint(): string | undefined {
    return this.#hint === undefined ? undefined : inWords(this.#hint)
  }

  /** What was said, for an error or a warning that repeats it. */
  get wording(): { readonly message: Wording; readonly hint: Wording | undefined } {
    return { message: this.#message, hint: this.#hint }
  }

  /** Message and hint in the names that `nameOf` gives to settings. */
  inNamesOf(nameOf: NameOf): { readonly message: string; readonly hint: string | undefined } {
    const hint = this.#hint === undefined ? undefined : inWords(this.#hint, nameOf)
    return { message: inWords(this.#message, nameOf), hint }
  }

  get family(): ErrorFamily {
    return ERROR_CODES[this.code].family
  }

  /** Exit code of the command line for this error. */
  get exitCode(): number {
    return ERROR_FAMILIES[this.family].exitCode
  }
}

/** Paths and names among the facts are quoted from settings, as in messages. */
function withoutPins(detail: ErrorDetail): ErrorDetail {
  const hidden = Object.entries(detail).map(([name, fact]) => [
    name,
    typeof fact === 'string' ? hideSecrets(fact) : fact,
  ])
  return Object.fromEntries(hidden) as ErrorDetail
}
