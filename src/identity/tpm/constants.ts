/**
 * The numbers of the TPM 2.0 specification that signing needs.
 *
 * @see TPM 2.0 Library, Part 2 (Structures); the section is given at each table
 * @module
 */

/** TPM_ST, Part 2 section 6.9. */
export const ST_NO_SESSIONS = 0x8001
export const ST_SESSIONS = 0x8002
export const ST_HASHCHECK = 0x8024

/** TPM_CC, Part 2 section 6.5.2. */
export const COMMAND_CODES = {
  CreatePrimary: 0x0000_0131,
  Create: 0x0000_0153,
  Load: 0x0000_0157,
  Sign: 0x0000_015d,
  FlushContext: 0x0000_0165,
  ReadPublic: 0x0000_0173,
  GetCapability: 0x0000_017a,
} as const

export type CommandName = keyof typeof COMMAND_CODES

/** TPM_ALG_ID, Part 2 section 6.3. */
export const ALG_RSA = 0x0001
export const ALG_SHA1 = 0x0004
export const ALG_AES = 0x0006
export const ALG_KEYEDHASH = 0x0008
export const ALG_SHA256 = 0x000b
export const ALG_SHA384 = 0x000c
export const ALG_SHA512 = 0x000d
export const ALG_NULL = 0x0010
export const ALG_RSASSA = 0x0014
export const ALG_RSAPSS = 0x0016
export const ALG_ECDSA = 0x0018
export const ALG_ECC = 0x0023
export const ALG_SYMCIPHER = 0x0025
export const ALG_CFB = 0x0043

/** TPM_ECC_CURVE, Part 2 section 6.4, with the names of RFC 7517 (JWK) and the coordinate size. */
export const CURVES: Readonly<Record<number, { readonly jwk: string; readonly bytes: number }>> = {
  0x0003: { jwk: 'P-256', bytes: 32 },
  0x0004: { jwk: 'P-384', bytes: 48 },
  0x0005: { jwk: 'P-521', bytes: 66 },
}
export const CURVE_NIST_P256 = 0x0003

/** TPM_RH, Part 2 section 7.4. */
export const RH_OWNER = 0x4000_0001
export const RH_NULL = 0x4000_0007
export const RH_ENDORSEMENT = 0x4000_000b
export const RH_PLATFORM = 0x4000_000c
/** The session handle that means "the password itself follows". */
export const RS_PW = 0x4000_0009

/** TPM_HT_PERSISTENT, Part 2 section 7.2: the top byte of handles of keys that stay in the TPM. */
export const HT_PERSISTENT = 0x81

/** TPMA_OBJECT, Part 2 section 8.3. */
export const OBJECT_FIXED_TPM = 1 << 1
export const OBJECT_FIXED_PARENT = 1 << 4
export const OBJECT_SENSITIVE_DATA_ORIGIN = 1 << 5
export const OBJECT_USER_WITH_AUTH = 1 << 6
export const OBJECT_NO_DA = 1 << 10
export const OBJECT_RESTRICTED = 1 << 16
export const OBJECT_DECRYPT = 1 << 17
export const OBJECT_SIGN = 1 << 18

/** TPM_CAP and TPM_PT, Part 2 sections 6.12 and 6.13. */
export const CAP_HANDLES = 0x0000_0001
export const CAP_TPM_PROPERTIES = 0x0000_0006
export const PT_LOCKOUT_COUNTER = 0x0000_020e
export const PT_MAX_AUTH_FAIL = 0x0000_020f
