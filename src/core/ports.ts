/**
 * The interfaces through which the layers meet. Types only: nothing here runs.
 *
 * Everything that touches the world (time, chance, keys, the network, people) reaches the pure code
 * through one of these, so that every test owns it.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import type { SigningAlgorithm } from './algorithms.ts'
import type { Wording } from './wording.ts'

/** Milliseconds since the epoch, by the wall clock. */
export type Clock = () => number

/**
 * Milliseconds since some fixed moment. It is never set and never goes back, and it goes on while the
 * machine sleeps: for how long something took, and how long it may take.
 */
export type Monotonic = () => number

/** Runs `task` once after `delayMs`; the result cancels it. */
export type Schedule = (delayMs: number, task: () => void) => () => void

/** A number in [0, 1). */
export type Random = () => number

export interface CancelOptions {
  readonly signal?: AbortSignal | undefined
}

export interface SignOptions extends CancelOptions {
  /** Hash over the message; default: the algorithm's own. Only `sign-string --digest` asks for another. */
  readonly hash?: HashName | undefined
}

/** As Node calls it. */
export type HashName = 'sha256' | 'sha384' | 'sha512'

/**
 * Signs, and does not know for whom. A file key, a PKCS#11 object, a TPM key and an external command
 * are all just this.
 */
export interface Signer extends AsyncDisposable {
  readonly algorithm: SigningAlgorithm
  /** Whether a token asks for its PIN with every signature. Default: no. */
  readonly alwaysAuthenticates?: boolean
  /**
   * The signature over `message` in the encoding that `algorithm` names: hashing is the signer's work.
   *
   * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED and other codes of the key family.
   */
  sign(message: Uint8Array, options?: SignOptions): Promise<Uint8Array>
}

/** Who we are towards Roles Anywhere: one consistent snapshot of certificate, chain and key. */
export interface Identity extends AsyncDisposable {
  readonly certificate: X509Certificate
  /** Intermediates from the leaf's issuer upwards: no leaf, no root, at most 5. */
  readonly chain: readonly X509Certificate[]
  readonly signer: Signer
}

/** A request ready to be sent: header names in lower case, `host` included. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A complete response: header names in lower case, repeated headers joined by `, `. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Sends one request once, and does not know who signed it.
 *
 * @throws {RolesAnywhereError} codes of the network family.
 */
export type Send = (request: HttpRequest, options?: CancelOptions) => Promise<HttpResponse>

/** Facts that may be shown to a person: named, flat, and never secret. */
export type ReportFields = Readonly<Record<string, string | number | boolean>>

/** Where warnings and debug lines go. The command line prints them; a library user may ignore them. */
export interface Reporter {
  warn(message: Wording, options?: { readonly hint?: Wording | undefined }): void
  /** Whether anybody reads what `debug` is told. Default: yes. */
  readonly isDebug?: boolean
  /** One protocol step. Callers pass only fields that are safe to print. */
  debug(step: string, fields: ReportFields): void
}
