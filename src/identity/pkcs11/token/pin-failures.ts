/**
 * What is said about PINs that are locked, missing, empty or wrong.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { quoted } from '../../../core/printable.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'
import { CKR, CryptokiError } from '../cryptoki.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type { TokenInfo } from '../host-protocol.ts'

export function pinLocked({ label }: TokenInfo): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_LOCKED',
    `the PIN of token ${quoted(label)} is locked; no PIN was sent`,
    { hint: 'unblock it with the PUK or the security officer’s PIN' },
  )
}

export function finalTry({ label }: TokenInfo): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_FINAL_TRY',
    `one more wrong PIN would lock token ${quoted(label)}; no PIN was sent`,
    {
      hint: says`when you are sure of the PIN, allow the last try with ${setting('allowFinalPinTry')}`,
    },
  )
}

/** There is nobody to ask. */
export function loginPinRequired(
  { label }: TokenInfo,
  reason: RolesAnywhereError,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_REQUIRED',
    says`token ${quoted(label)} needs its PIN, and ${reason.wording.message}`,
    {
      hint: withHintOf(
        reason,
        says`say where the PIN is with ${setting('pin', 'file:PATH')}, env:NAME, credential:NAME or cmd:COMMAND`,
      ),
      cause: reason,
    },
  )
}

/** There is nobody to ask, and the login's PIN may not be used for it. */
export function signaturePinRequired(
  { label }: TokenInfo,
  reason: RolesAnywhereError,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_REQUIRED',
    says`token ${quoted(label)} needs its PIN for every signature, and ${reason.wording.message}`,
    {
      hint: withHintOf(reason, says`use the login’s PIN for it with ${setting('reusePin')}`),
      cause: reason,
    },
  )
}

function withHintOf({ wording: { hint } }: RolesAnywhereError, advice: Wording): Wording {
  return hint === undefined ? advice : says`${advice}; ${hint}`
}

export function emptyPin({ label }: TokenInfo): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_REQUIRED',
    `the PIN given for token ${quoted(label)} is empty; it was not sent`,
    { hint: says`check what ${setting('pin')} or pin-source names` },
  )
}

export function refusedBefore({ label }: TokenInfo): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_PIN_INCORRECT',
    `token ${quoted(label)} has refused this PIN before; it was not sent again`,
  )
}

/** The error of a PIN that was refused, now or before; `undefined` for any other failure. */
export function explainPinRefusal(
  error: unknown,
  { label }: TokenInfo,
): RolesAnywhereError | undefined {
  const isReturned = error instanceof CryptokiError && PIN_REFUSALS.includes(error.rv)
  const explained = isReturned ? explainCryptokiError(error, `token ${quoted(label)}`) : error
  const isExplained = explained instanceof RolesAnywhereError
  return isExplained && (isReturned || explained.code === 'ERR_TOKEN_PIN_INCORRECT')
    ? explained
    : undefined
}

/** Adds where the PIN came from, for whoever has to correct it there. */
export function withPlace(
  refusal: RolesAnywhereError,
  place: Wording | undefined,
): RolesAnywhereError {
  const { message, hint } = refusal.wording
  return new RolesAnywhereError(
    refusal.code,
    place === undefined ? message : says`${message} (from ${place})`,
    { hint: hint ?? CHECK_PIN, detail: refusal.detail, cause: refusal.cause },
  )
}

const CHECK_PIN =
  'check the PIN before you try again: every wrong one brings the token nearer to its lock'

const PIN_REFUSALS: readonly number[] = [
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
]
