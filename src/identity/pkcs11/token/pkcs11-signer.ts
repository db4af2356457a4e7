/**
 * Signs with a key on a token.
 *
 * One C_Sign for each signature. Where the token was pulled, reset or forgot its sessions, everything
 * is found again once; a PIN or a touch is then asked for again, and nothing is tried a third time.
 *
 * @see design.md 5; reliability.md T23, T24
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '../../../core/algorithms.ts'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Signer, SignOptions } from '../../../core/ports.ts'
import { says, setting } from '../../../core/wording.ts'
import { TurnQueue } from '../../../machine/turn-queue.ts'
import { isSignatureOf } from '../../node-signature.ts'
import { CKR, CryptokiError, isStaleState } from '../cryptoki.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type { KeyObjectInfo } from '../host-protocol.ts'
import type { KeyCriteria } from './choose-key.ts'
import { findKey, type FoundKey } from './find-key.ts'
import { encodeSignature, mechanismInputs, type MechanismInput } from './mechanisms.ts'
import type { Token } from './token.ts'

export interface Pkcs11SignerOptions {
  readonly algorithm: SigningAlgorithm
  /** Closed together with the signer. */
  readonly found: FoundKey
  /** By which the key is found again. */
  readonly criteria: KeyCriteria
  /** Every signature is checked with it before it leaves; absent where the token does not tell it. */
  readonly publicKey: KeyObject | undefined
  /** A line for the person at the terminal. */
  readonly tell: (line: string) => void
}

/** How long a signature may be pending before a person is asked to touch the token. */
const TOUCH_HINT_AFTER_MS = 300

export class Pkcs11Signer implements Signer {
  readonly algorithm: SigningAlgorithm
  readonly alwaysAuthenticates: boolean
  readonly #token: Token
  readonly #options: Pkcs11SignerOptions
  /** A token does one thing at a time. */
  readonly #turns = new TurnQueue()
  /** `undefined` while the token is lost. */
  #key: KeyObjectInfo | undefined
  /** Which of `mechanismInputs` the token takes, once known. */
  #way = 0

  constructor(options: Pkcs11SignerOptions) {
    this.algorithm = options.algorithm
    this.#options = options
    this.#token = options.found.token
    this.#key = options.found.key
    this.alwaysAuthenticates = options.found.key.alwaysAuthenticate
  }

  /** @throws {RolesAnywhereError} codes of the key family, ERR_CANCELLED. */
  async sign(message: Uint8Array, options: SignOptions = {}): Promise<Uint8Array> {
    try {
      return await this.#turns.run(async () => this.#signWithRecovery(message, options))
    } catch (error) {
      throw explainCryptokiError(error, this.#token.name)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#token[Symbol.asyncDispose]()
  }

  async #signWithRecovery(message: Uint8Array, options: SignOptions): Promise<Uint8Array> {
    if (this.#key !== undefined && this.#token.isRunning) {
      try {
        return await this.#signWith(this.#key, message, options)
      } catch (error) {
        if (!isLost(error, this.#token)) throw error
      }
    }
    this.#key = undefined
    await this.#token.findAgain()
    const { key } = await findKey([this.#token], this.#options.criteria)
    const signature = await this.#signWith(key, message, options)
    this.#key = key
    return signature
  }

  async #signWith(key: KeyObjectInfo, message: Uint8Array, options: SignOptions): Promise<Buffer> {
    const inputs = mechanismInputs(this.algorithm, message, options.hash)
    for (;;) {
      const input = inputs[this.#way] ?? inputs[0]
      try {
        const signature = encodeSignature(this.algorithm, await this.#ask(key, input, options))
        this.#check(message, signature, options.hash)
        return signature
      } catch (error) {
        const isRefused = error instanceof CryptokiError && error.rv === CKR.MECHANISM_INVALID
        if (!isRefused || this.#way + 1 >= inputs.length) throw error
        this.#way += 1
      }
    }
  }

  async #ask(
    key: KeyObjectInfo,
    { mechanism, data }: MechanismInput,
    { signal }: SignOptions,
  ): Promise<Buffer> {
    const token = this.#token
    const ask = { key: key.handle, mechanism, data: data.toString('base64') }
    const sign = async (): Promise<Buffer> => {
      const hint = setTimeout(() => {
        this.#options.tell(`touch the ${token.name} if it blinks`)
      }, TOUCH_HINT_AFTER_MS)
      try {
        return await token.sign(ask, { signal, needsContextLogin: key.alwaysAuthenticate })
      } finally {
        clearTimeout(hint)
      }
    }
    try {
      return await sign()
    } catch (error) {
      const needsLogin = error instanceof CryptokiError && error.rv === CKR.USER_NOT_LOGGED_IN
      if (!needsLogin || token.isLoggedIn) throw error
      // The token claimed that its objects need no login.
      await token.logIn({ signal })
      return sign()
    }
  }

  /** A wrong key shows here at the latest: some tokens tell nothing about the keys they hold. */
  #check(message: Uint8Array, signature: Buffer, hash: SignOptions['hash']): void {
    const { publicKey, algorithm } = this.#options
    if (publicKey === undefined) return
    if (isSignatureOf(signature, message, { algorithm, publicKey }, hash)) return
    throw new RolesAnywhereError(
      'ERR_KEY_MISMATCH',
      `the key on ${this.#token.name} does not belong to the certificate: ` +
        'its signature does not verify',
      { hint: says`name the right key with ${setting('privateKey')} and a pkcs11 URI` },
    )
  }
}

/** Whether it is worth finding everything again. */
function isLost(error: unknown, token: Token): boolean {
  if (isStaleState(error)) return true
  const hasLostLogin = error instanceof CryptokiError && error.rv === CKR.USER_NOT_LOGGED_IN
  return hasLostLogin && token.isLoggedIn
}
