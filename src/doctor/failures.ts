/**
 * Which check tells of a failure: every code that opening an identity, sending, or asking AWS can end in
 * belongs to one.
 *
 * @module
 */

import type { ErrorCode, RolesAnywhereError } from '../core/errors.ts'
import { problemOf, type Verdict } from './check.ts'

/** The id of the check that an error belongs to. */
export function checkFor(error: RolesAnywhereError): string {
  const { code, detail } = error
  const setting = error.setting ?? detail['setting']
  if (code.startsWith('ERR_CONFIG_FILE_') || code === 'ERR_CONFIG_SECRET_UNAVAILABLE') {
    const ofSetting = typeof setting === 'string' ? BY_SETTING[setting] : undefined
    return ofSetting ?? (code === 'ERR_CONFIG_SECRET_UNAVAILABLE' ? 'key-password' : FIRST)
  }
  if (code === 'ERR_CONFIG_PEM_INVALID' && setting === 'privateKey') return 'key-readable'
  if (code === 'ERR_NETWORK_TIMEOUT')
    return BY_PHASE[String(detail['phase'])] ?? 'network-connection'
  return BY_CODE[code] ?? BY_FAMILY[error.family] ?? FIRST
}

/** The failure that belongs to a check, told by it. */
export function told(
  id: string,
  { failures }: { readonly failures: readonly RolesAnywhereError[] },
): Verdict | undefined {
  const failure = failures.find((one) => checkFor(one) === id)
  return failure === undefined ? undefined : problemOf(failure)
}

/** Where nothing more is known, something is wrong with what the identity is made of. */
const FIRST = 'certificate-readable'

/** The setting whose file, variable or command it is. */
const BY_SETTING: Readonly<Record<string, string>> = {
  certificate: 'certificate-readable',
  intermediates: 'chain-readable',
  privateKey: 'key-readable',
  keyPassword: 'key-password',
  tpmKeyPassword: 'key-password',
  pin: 'token-pin',
  caBundle: 'network-ca-bundle',
}

const BY_PHASE: Readonly<Record<string, string>> = {
  'name look-up': 'network-name',
  'proxy tunnel': 'network-proxy',
  'TLS handshake': 'network-tls',
  response: 'network-answer',
  'response body': 'network-answer',
}

const BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  ERR_CONFIG_CERTIFICATE_AMBIGUOUS: 'certificate-choice',
  ERR_CONFIG_CERTIFICATE_EXPIRED: 'certificate-dates',
  ERR_CONFIG_CERTIFICATE_NOT_YET_VALID: 'certificate-dates',
  ERR_CONFIG_CHAIN_INVALID: 'chain-length',
  ERR_CONFIG_CA_BUNDLE_INVALID: 'network-ca-bundle',
  ERR_KEY_MISMATCH: 'key-match',
  ERR_KEY_PASSWORD_REQUIRED: 'key-password',
  ERR_KEY_PASSWORD_INCORRECT: 'key-password',
  ERR_KEY_UNSUPPORTED: 'key-kind',
  ERR_KEY_TPM_UNAVAILABLE: 'key-tpm',
  ERR_KEY_TPM_FAILED: 'key-tpm',
  ERR_KEY_TPM_LOCKED_OUT: 'key-tpm',
  ERR_KEY_SIGN_FAILED: 'key-signs',
  ERR_KEY_COMMAND_FAILED: 'key-signs',
  ERR_TOKEN_SUPPORT_MISSING: 'token-module',
  ERR_TOKEN_MODULE_UNUSABLE: 'token-module',
  ERR_TOKEN_MODULE_CRASHED: 'token-module',
  ERR_TOKEN_TIMEOUT: 'token-module',
  ERR_TOKEN_FAILED: 'token-module',
  ERR_TOKEN_NOT_FOUND: 'token-present',
  ERR_TOKEN_AMBIGUOUS: 'token-present',
  ERR_TOKEN_OBJECT_NOT_FOUND: 'token-objects',
  ERR_TOKEN_PIN_REQUIRED: 'token-pin',
  ERR_TOKEN_PIN_INCORRECT: 'token-pin',
  ERR_TOKEN_PIN_FINAL_TRY: 'token-pin-tries',
  ERR_TOKEN_PIN_LOCKED: 'token-pin-tries',
  ERR_NETWORK_DNS: 'network-name',
  ERR_NETWORK_CONNECT: 'network-connection',
  ERR_NETWORK_TLS: 'network-tls',
  ERR_NETWORK_PROXY: 'network-proxy',
  ERR_NETWORK_RESPONSE_INVALID: 'network-answer',
  ERR_NETWORK_REDIRECT: 'network-answer',
  ERR_CONFIG_ENDPOINT_INVALID: 'network-connection',
  ERR_SERVICE_THROTTLED: 'service-available',
  ERR_SERVICE_FAULT: 'service-available',
  ERR_SERVICE_RESPONSE_INVALID: 'service-available',
  ERR_SERVICE_CLOCK_SKEW: 'network-clock',
  ERR_SERVICE_NOT_FOUND: 'service-resources',
  ERR_SERVICE_VALIDATION: 'service-request',
  ERR_SERVICE_ACCESS_DENIED: 'service-access',
}

const BY_FAMILY: Readonly<Record<string, string | undefined>> = {
  usage: 'settings-together',
  key: 'key-readable',
  network: 'network-connection',
  service: 'service-access',
}
