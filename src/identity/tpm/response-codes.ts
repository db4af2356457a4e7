/**
 * TPM response codes: taken apart, named, and turned into errors that say what to do.
 *
 * @see TPM 2.0 Library, Part 2, sections 6.6.2 and 6.6.3 (Response Code Formats)
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { CommandName } from './constants.ts'

export const RC_SUCCESS = 0
/** A wrong password for a key that dictionary-attack protection watches: the TPM counts it. */
export const RC_AUTH_FAIL = 0x08e
/** A wrong password for a key that is exempt (`noDA`). */
export const RC_BAD_AUTH = 0x0a2
/** Too many wrong passwords: protected keys are refused until the TPM recovers. */
export const RC_LOCKOUT = 0x921
export const RC_HANDLE = 0x08b
export const RC_INTEGRITY = 0x09f
/** Warnings that ask for the same command again. */
export const RC_YIELDED = 0x908
export const RC_TESTING = 0x90a
export const RC_RETRY = 0x922

const NAMES: Readonly<Record<number, string>> = {
  [RC_AUTH_FAIL]: 'TPM_RC_AUTH_FAIL',
  [RC_BAD_AUTH]: 'TPM_RC_BAD_AUTH',
  [RC_LOCKOUT]: 'TPM_RC_LOCKOUT',
  [RC_HANDLE]: 'TPM_RC_HANDLE',
  [RC_INTEGRITY]: 'TPM_RC_INTEGRITY',
  0x081: 'TPM_RC_ASYMMETRIC',
  0x082: 'TPM_RC_ATTRIBUTES',
  0x083: 'TPM_RC_HASH',
  0x084: 'TPM_RC_VALUE',
  0x085: 'TPM_RC_HIERARCHY',
  0x087: 'TPM_RC_KEY_SIZE',
  0x08a: 'TPM_RC_TYPE',
  0x092: 'TPM_RC_SCHEME',
  0x095: 'TPM_RC_SIZE',
  0x09a: 'TPM_RC_INSUFFICIENT',
  0x09c: 'TPM_RC_KEY',
  0x0a6: 'TPM_RC_CURVE',
  0x100: 'TPM_RC_INITIALIZE',
  0x101: 'TPM_RC_FAILURE',
  0x12f: 'TPM_RC_AUTH_UNAVAILABLE',
  0x143: 'TPM_RC_COMMAND_CODE',
  0x902: 'TPM_RC_OBJECT_MEMORY',
  [RC_YIELDED]: 'TPM_RC_YIELDED',
  [RC_TESTING]: 'TPM_RC_TESTING',
  0x910: 'TPM_RC_REFERENCE_H0',
  0x920: 'TPM_RC_NV_RATE',
  [RC_RETRY]: 'TPM_RC_RETRY',
  0x923: 'TPM_RC_NV_UNAVAILABLE',
}

const HINTS: Readonly<Record<number, string>> = {
  [RC_HANDLE]: 'list the persistent handles with "tpm2_getcap handles-persistent"',
  [RC_INTEGRITY]:
    'the key file belongs to another TPM, to another parent key, or the TPM was cleared: make a new key',
  0x085: 'the hierarchy of the parent key is disabled',
  0x100: 'the TPM was not started: it needs TPM2_Startup, which firmware or the simulator sends',
  0x12f: 'the key demands a policy session, which is not supported',
  0x902: 'other programs fill the TPM: use /dev/tpmrm0, or flush with "tpm2_flushcontext -t"',
}

/**
 * The code without the number of the handle, parameter or session it is about: format-one codes (bit
 * 7) carry that number in bits 6 and 8 to 11.
 */
export function baseCode(responseCode: number): number {
  return (responseCode & 0x80) === 0 ? responseCode : 0x80 | (responseCode & 0x3f)
}

/** The error for a failed command that has no error of its own. */
export function tpmFailure(command: CommandName, responseCode: number): RolesAnywhereError {
  const base = baseCode(responseCode)
  const number = `0x${responseCode.toString(16).padStart(3, '0')}`
  const name = NAMES[base] === undefined ? number : `${NAMES[base]} (${number})`
  return new RolesAnywhereError('ERR_KEY_TPM_FAILED', `TPM2_${command} failed: ${name}`, {
    hint: HINTS[base],
    detail: { command, responseCode: number },
  })
}
