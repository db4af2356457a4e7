/**
 * What this process and the process that holds the PKCS#11 module say to each other.
 *
 * One JSON object per request and one per answer, over Node's IPC channel. Bytes travel as Base64 or
 * hex text; slot ids, object handles and CK_ULONGs as decimal text, since they may have 64 bits.
 *
 * @module
 */

/** The word that makes the one-file executable the process that holds a module. */
export const HOST_COMMAND = 'pkcs11-host'

/** CK_INFO, padding removed. */
export interface ModuleInfo {
  readonly manufacturer: string
  readonly description: string
  readonly version: { readonly major: number; readonly minor: number }
}

/** CK_TOKEN_INFO as far as it identifies the token or tells how to log in; padding removed. */
export interface TokenInfo {
  readonly label: string
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly flags: number
}

/** A slot with a token in it. */
export interface SlotInfo {
  readonly id: string
  readonly description: string
  readonly manufacturer: string
  readonly token: TokenInfo
}

export interface CertificateObject {
  readonly label: string
  /** CKA_ID in hex. */
  readonly id: string
  /** CKA_VALUE, DER, in Base64. */
  readonly der: string
}

/** A private or public key object, with what the token is willing to say about it. */
export interface KeyObjectInfo {
  readonly handle: string
  readonly label: string
  readonly id: string
  /** CKA_KEY_TYPE; absent where the token does not say. */
  readonly keyType?: number | undefined
  /** RSA: CKA_MODULUS in hex. */
  readonly modulus?: string | undefined
  /** RSA: CKA_PUBLIC_EXPONENT in hex. */
  readonly publicExponent?: string | undefined
  /** EC: CKA_EC_POINT in hex, with or without its OCTET STRING. */
  readonly ecPoint?: string | undefined
  /** ML-DSA: CKA_PARAMETER_SET. */
  readonly parameterSet?: number | undefined
  /** ML-DSA: CKA_PUBLIC_KEY_INFO in hex, a SubjectPublicKeyInfo. */
  readonly publicKeyInfo?: string | undefined
  /** ML-DSA: CKA_VALUE of the public object in hex. */
  readonly publicValue?: string | undefined
  readonly canSign: boolean
  /** CKA_PRIVATE: usable only after a login. */
  readonly isPrivate: boolean
  readonly alwaysAuthenticate: boolean
}

/** Everything on a token that is visible at the moment. */
export interface TokenObjects {
  readonly certificates: readonly CertificateObject[]
  readonly privateKeys: readonly KeyObjectInfo[]
  readonly publicKeys: readonly KeyObjectInfo[]
}

/** What a PIN entry is: text, or `null` for a token that has a keypad of its own. */
export type Pin = string | null

/** A pair of keys to be made on a token. */
export interface PairRequest {
  readonly slot: string
  readonly label: string
  /** CKA_ID in hex. */
  readonly id: string
  readonly key:
    | { readonly type: 'rsa'; readonly bits: number }
    /** CKA_EC_PARAMS in hex: the curve. */
    | { readonly type: 'ec'; readonly params: string }
}

/** Each operation: what is asked, and what is answered. */
export interface HostOperations {
  /** Loads the module and C_Initialize. */
  open: { ask: { readonly path: string }; answer: ModuleInfo }
  slots: { ask: null; answer: readonly SlotInfo[] }
  /** Fresh flags, before a login. */
  token: { ask: { readonly slot: string }; answer: TokenInfo }
  /** CK_MECHANISM_TYPEs of the slot. */
  mechanisms: { ask: { readonly slot: string }; answer: readonly number[] }
  objects: { ask: { readonly slot: string }; answer: TokenObjects }
  /** One C_Login as the normal user. */
  login: { ask: { readonly slot: string; readonly pin: Pin }; answer: null }
  /**
   * C_SignInit, a context-specific C_Login if there is a `contextPin`, and one C_Sign; the answer is
   * the signature in Base64. A failure leaves the slot with a fresh session, still logged in.
   */
  sign: {
    ask: {
      readonly slot: string
      readonly key: string
      readonly mechanism: number
      /** Base64. */
      readonly data: string
      readonly contextPin?: Pin
    }
    answer: string
  }
  /** C_GenerateKeyPair in a session of its own, after a login; what it made stays on the token. */
  makePair: { ask: PairRequest; answer: null }
  /** C_Finalize; the process then ends by itself. */
  close: { ask: null; answer: null }
}

export type OperationName = keyof HostOperations

export type HostRequest = {
  [Name in OperationName]: { readonly id: number; readonly operation: Name } & {
    readonly ask: HostOperations[Name]['ask']
  }
}[OperationName]

export type HostFailure =
  | {
      readonly kind: 'cryptoki'
      readonly call: string
      readonly rv: number
      readonly rvName: string
    }
  /** pkcs11js or koffi cannot be loaded. */
  | { readonly kind: 'support'; readonly package: string; readonly message: string }
  /** The file is not a module. */
  | { readonly kind: 'load'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string }

/** What the process says first, once: that it runs, and will answer. */
export const STARTED = 'started'

export type HostReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: HostFailure }
