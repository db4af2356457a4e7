/**
 * Signs with a key on a token.
 *
 * One C_Sign for each signature. Where the token was pulled, reset or forgot its sessions, everything
 * is found again once; a PIN or a touch is then asked for again, and nothing is tried a third time.
 *
 * @see design.md 5; reliability.md T23, T24
 * @module
 */

import { verify, type KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Signer, SignOptions } from '../../../core/ports.ts'
import { quoted } from '../../../core/printable.ts'
import { says, setting } from '../../../core/wording.ts'
import { TurnQueue } from '../../../machine/turn-queue.ts'
import { CKR, CryptokiError, isStaleState } from '../cryptoki.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type { KeyObjectInfo } from '../host-protocol.ts'
import type { TokenConnection } from './token-connection.ts'
import { encodeSignature, signingForms, type TokenAlgorithm } from './token-signature.ts'

export interface Pkcs11SignerOptions {
  readonly algorithm: TokenAlgorithm
  readonly connection: TokenConnection
  /** The key as it was found; `locate` finds it again. */
  readonly key: KeyObjectInfo
  locate(): Promise<KeyObjectInfo>
  /** Of the certificate: every signature is checked with it before it leaves. */
  readonly publicKey?: KeyObject | undefined
  /** A line for the person at the terminal. */
  readonly tell: (line: string) => void
}

/** How long a signature may be pending before a person is asked to touch the token. */
const TOUCH_HINT_AFTER_MS = 300

export class Pkcs11Signer implements Signer {
  readonly algorithm: TokenAlgorithm
  readonly #options: Pkcs11SignerOptions
  /** `undefined` while the token is lost. */
  #key: KeyObjectInfo | undefined
  readonly #turns = new TurnQueue()
  /** Form of `signingForms` that the token takes, once known. */
  #form = 0

  constructor(options: Pkcs11SignerOptions) {
    this.algorithm = options.algorithm
    this.#options = options
    this.#key = options.key
  }

  /** @throws {RolesAnywhereError} codes of the key family, ERR_CANCELLED. */
  async sign(message: Uint8Array, options: SignOptions = {}): Promise<Uint8Array> {
    try {
      return await this.#turns.run(async () => this.#signWithRecovery(message, options))
    } catch (error) {
      throw explainCryptokiError(error, `token ${quoted(this.#options.connection.token.label)}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.connection[Symbol.asyncDispose]()
  }

  async #signWithRecovery(message: Uint8Array, options: SignOptions): Promise<Uint8Array> {
    const { connection } = this.#options
    if (this.#key !== undefined && connection.isRunning) {
      try {
        return await this.#signWith(this.#key, message, options)
      } catch (error) {
        if (!isLost(error, connection)) throw error
      }
    }
    this.#key = undefined
    await connection.reconnect()
    const key = await this.#options.locate()
    const signature = await this.#signWith(key, message, options)
    this.#key = key
    return signature
  }

  async #signWith(key: KeyObjectInfo, message: Uint8Array, options: SignOptions): Promise<Buffer> {
    const hash = options.hash ?? this.algorithm.hash
    const forms = signingForms(this.algorithm, hash, message)
    for (;;) {
      const form = forms[this.#form] ?? forms[0]
      if (form === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no way to sign')
      try {
        const answer = await this.#ask(key, form, options)
        const signature = encodeSignature(this.algorithm, answer)
        this.#check(hash, message, signature)
        return signature
      } catch (error) {
        const isRefused = error instanceof CryptokiError && error.rv === CKR.MECHANISM_INVALID
        if (!isRefused || this.#form + 1 >= forms.length) throw error
        this.#form += 1
      }
    }
  }

  async #ask(
    key: KeyObjectInfo,
    form: { readonly mechanism: number; readonly data: Buffer },
    { signal }: SignOptions,
  ): Promise<Buffer> {
    const { connection, tell } = this.#options
    const ask = {
      key: key.handle,
      mechanism: form.mechanism,
      data: form.data.toString('base64'),
    }
    const sign = async (): Promise<Buffer> => {
      const hint = setTimeout(() => {
        tell(`touch the token ${quoted(connection.token.label)} if it blinks`)
      }, TOUCH_HINT_AFTER_MS)
      try {
        return await connection.sign(ask, { signal, needsContextLogin: key.alwaysAuthenticate })
      } finally {
        clearTimeout(hint)
      }
    }
    try {
      return await sign()
    } catch (error) {
      const needsLogin = error instanceof CryptokiError && error.rv === CKR.USER_NOT_LOGGED_IN
      if (!needsLogin || connection.isLoggedIn) throw error
      // The token claimed that its objects need no login.
      await connection.logIn({ signal })
      return sign()
    }
  }

  /** A wrong key shows here at the latest: some tokens tell nothing about the keys they hold. */
  #check(hash: string, message: Uint8Array, signature: Buffer): void {
    const { publicKey, connection } = this.#options
    if (publicKey === undefined || verify(hash, message, publicKey, signature)) return
    throw new RolesAnywhereError(
      'ERR_KEY_MISMATCH',
      `the key on token ${quoted(connection.token.label)} does not belong to the certificate: ` +
        'its signature does not verify',
      { hint: says`name the right key with ${setting('privateKey')} and a pkcs11 URI` },
    )
  }
}

/** Whether it is worth finding everything again. */
function isLost(error: unknown, connection: TokenConnection): boolean {
  if (isStaleState(error)) return true
  const hasLostLogin = error instanceof CryptokiError && error.rv === CKR.USER_NOT_LOGGED_IN
  return hasLostLogin && connection.isLoggedIn
}
