/**
 * The numbers of PKCS#11 that we use, by the names of the standard, and the error of a failed call.
 *
 * @see PKCS#11 v3.1, sections 3 to 6 (values are the same since v2.20); v3.2 for ML-DSA
 * @module
 */

/** Token flags that a login must respect. */
export const CKF = {
  LOGIN_REQUIRED: 0x4,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_COUNT_LOW: 0x1_0000,
  USER_PIN_FINAL_TRY: 0x2_0000,
  USER_PIN_LOCKED: 0x4_0000,
} as const

export const CKF_SERIAL_SESSION = 0x4
export const CKF_RW_SESSION = 0x2
export const CKF_OS_LOCKING_OK = 0x2

export const CKU = { USER: 1, CONTEXT_SPECIFIC: 2 } as const

export const CKO = { CERTIFICATE: 1, PUBLIC_KEY: 2, PRIVATE_KEY: 3 } as const

export const CKK = { RSA: 0x0, EC: 0x3, ML_DSA: 0x4a } as const

/** Parameter sets of FIPS 204. */
export const CKP = { ML_DSA_44: 1, ML_DSA_65: 2, ML_DSA_87: 3 } as const

export const CKA = {
  CLASS: 0x0,
  TOKEN: 0x1,
  PRIVATE: 0x2,
  LABEL: 0x3,
  VALUE: 0x11,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  SIGN: 0x108,
  VERIFY: 0x10a,
  MODULUS: 0x120,
  MODULUS_BITS: 0x121,
  PUBLIC_EXPONENT: 0x122,
  PUBLIC_KEY_INFO: 0x129,
  EXTRACTABLE: 0x162,
  EC_PARAMS: 0x180,
  EC_POINT: 0x181,
  ALWAYS_AUTHENTICATE: 0x202,
  PARAMETER_SET: 0x61d,
} as const

/** Mechanisms by the names of the standard. */
export const CKM = {
  RSA_PKCS_KEY_PAIR_GEN: 0x0,
  RSA_PKCS: 0x1,
  ML_DSA: 0x1d,
  SHA256_RSA_PKCS: 0x40,
  SHA384_RSA_PKCS: 0x41,
  SHA512_RSA_PKCS: 0x42,
  EC_KEY_PAIR_GEN: 0x1040,
  ECDSA: 0x1041,
} as const

/** Return values on which something is decided here; every other one is only shown. */
export const CKR = {
  CANCEL: 0x1,
  SLOT_ID_INVALID: 0x3,
  GENERAL_ERROR: 0x5,
  DEVICE_ERROR: 0x30,
  DEVICE_REMOVED: 0x32,
  FUNCTION_CANCELED: 0x50,
  KEY_HANDLE_INVALID: 0x60,
  MECHANISM_INVALID: 0x70,
  OBJECT_HANDLE_INVALID: 0x82,
  OPERATION_ACTIVE: 0x90,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_HANDLE_INVALID: 0xb3,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
} as const

/** A call of the module that returned something else than CKR_OK. */
export class CryptokiError extends Error {
  /** The function, such as `C_Sign`. */
  readonly call: string
  /** The return value; decide on this number, and show the name. */
  readonly rv: number
  /** Such as `CKR_PIN_INCORRECT`. */
  readonly rvName: string

  constructor(call: string, rv: number, rvName: string) {
    super(`${call} returned ${rvName}`)
    this.name = 'CryptokiError'
    this.call = call
    this.rv = rv
    this.rvName = rvName
  }
}

/** Runs one call of pkcs11js, and turns its error into ours: numbers and names in one form. */
export function called<T>(call: string, perform: () => T): T {
  try {
    return perform()
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (typeof code !== 'number' || code === 0) throw error
    throw new CryptokiError(call, code, message)
  }
}

/**
 * Whether the failure means that handles and sessions of this module are worth nothing any more, so
 * that everything must be found again.
 *
 * GENERAL_ERROR and DEVICE_ERROR are here because SoftHSM and OpenSC answer so after a removal, and
 * OPERATION_ACTIVE because a session with a signature that never ended stays so for good.
 */
export function isStaleState(error: unknown): boolean {
  return error instanceof CryptokiError && STALE.has(error.rv)
}

const STALE: ReadonlySet<number> = new Set<number>([
  CKR.SLOT_ID_INVALID,
  CKR.GENERAL_ERROR,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
  CKR.OPERATION_ACTIVE,
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.CRYPTOKI_NOT_INITIALIZED,
])
