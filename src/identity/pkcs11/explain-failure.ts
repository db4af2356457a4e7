/**
 * What a module returned, said as one of our errors.
 *
 * The number decides, the name is shown, and both stay in `detail` for support.
 *
 * @module
 */

import { RolesAnywhereError, type ErrorCode } from '../../core/errors.ts'
import { CKR, CryptokiError } from './cryptoki.ts'

/** As the error for a person; whatever is no failed call is returned as it is. */
export function explainCryptokiError(error: unknown, subject: string): unknown {
  if (!(error instanceof CryptokiError)) return error
  const row = EXPLANATIONS[error.rv]
  return new RolesAnywhereError(
    row?.code ?? (error.call.startsWith('C_Sign') ? 'ERR_KEY_SIGN_FAILED' : 'ERR_TOKEN_FAILED'),
    `${subject}: ${row?.meaning ?? `${error.call} failed`} (${error.rvName})`,
    {
      hint: row?.hint,
      detail: { call: error.call, rv: error.rv, rvName: error.rvName },
      cause: error,
    },
  )
}

interface Explanation {
  readonly code?: ErrorCode
  readonly meaning: string
  readonly hint?: string
}

const REMOVED: Explanation = {
  code: 'ERR_TOKEN_NOT_FOUND',
  meaning: 'the token was removed',
  hint: 'plug it in again: it is found at the next try',
}

const NOT_GIVEN: Explanation = {
  meaning: 'nobody touched the token or used its keypad in time, or it was cancelled there',
  hint: 'try again, and touch the token when it blinks',
}

const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  [CKR.CANCEL]: NOT_GIVEN,
  [CKR.FUNCTION_CANCELED]: NOT_GIVEN,
  [CKR.DEVICE_ERROR]: {
    meaning: 'the token or its reader failed, or was not touched in time',
    hint: 'try again, and touch the token when it blinks; then plug it in again',
  },
  [CKR.DEVICE_REMOVED]: REMOVED,
  [CKR.TOKEN_NOT_PRESENT]: REMOVED,
  [CKR.TOKEN_NOT_RECOGNIZED]: REMOVED,
  [CKR.PIN_LOCKED]: {
    code: 'ERR_TOKEN_PIN_LOCKED',
    meaning: 'the PIN is locked',
    hint: 'unblock it with the PUK or the security officer’s PIN',
  },
  [CKR.PIN_INCORRECT]: { code: 'ERR_TOKEN_PIN_INCORRECT', meaning: 'the PIN is wrong' },
  [CKR.PIN_INVALID]: {
    code: 'ERR_TOKEN_PIN_INCORRECT',
    meaning: 'no PIN of this token is like it',
  },
  [CKR.PIN_LEN_RANGE]: {
    code: 'ERR_TOKEN_PIN_INCORRECT',
    meaning: 'the PIN is too short or too long',
  },
  [CKR.PIN_EXPIRED]: {
    code: 'ERR_TOKEN_PIN_INCORRECT',
    meaning: 'the PIN has expired',
    hint: 'set a new PIN with the tool of the token’s vendor',
  },
  [CKR.MECHANISM_INVALID]: {
    code: 'ERR_KEY_UNSUPPORTED',
    meaning: 'the token cannot sign with this kind of key and hash',
  },
}
