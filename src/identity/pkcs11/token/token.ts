/**
 * One token in use: its module, its slot, and whether we are logged in. Survives what happens to
 * tokens: pulled and plugged in again, put to sleep, a module that crashed.
 *
 * A token is known by its label, serial, manufacturer and model. Its slot is looked up anew whenever
 * the module is, and another token in the old slot is never taken for it.
 *
 * @see reliability.md T24, F9
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { quoted } from '../../../core/printable.ts'
import { CKF } from '../cryptoki.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type {
  HostOperations,
  PairRequest,
  SlotInfo,
  TokenInfo,
  TokenObjects,
} from '../host-protocol.ts'
import type { AskOptions } from '../module/host-channel.ts'
import { ModuleProcess, type PresentToken } from '../module/module-process.ts'
import type { ModulePorts } from '../module/running-modules.ts'
import { isSameToken } from './find-tokens.ts'
import type { PinEntry } from './pin-entry.ts'

export class Token implements AsyncDisposable {
  readonly #ports: ModulePorts
  readonly #pins: PinEntry
  #module: ModuleProcess
  #slot: SlotInfo
  #isLoggedIn = false
  /** What was visible, until a login or a new start shows other things: cards read slowly. */
  #objects: TokenObjects | undefined

  constructor({ module, slot }: PresentToken, pins: PinEntry, ports: ModulePorts) {
    this.#module = module
    this.#slot = slot
    this.#pins = pins
    this.#ports = ports
  }

  get info(): TokenInfo {
    return this.#slot.token
  }

  /** For messages: `token "card"`. */
  get name(): string {
    return `token ${quoted(this.info.label)}`
  }

  get module(): ModuleProcess {
    return this.#module
  }

  get isLoggedIn(): boolean {
    return this.#isLoggedIn
  }

  /** Whether this token says that it hides objects until a login. Some say so wrongly, either way. */
  get requiresLogin(): boolean {
    return (this.info.flags & CKF.LOGIN_REQUIRED) !== 0
  }

  /** CK_MECHANISM_TYPEs that the token says it has. */
  async mechanisms(): Promise<readonly number[]> {
    try {
      return await this.#module.ask('mechanisms', { slot: this.#slot.id })
    } catch (error) {
      throw explainCryptokiError(error, this.name)
    }
  }

  /** What is visible now. */
  async objects(): Promise<TokenObjects> {
    try {
      this.#objects ??= await this.#module.ask('objects', { slot: this.#slot.id })
      return this.#objects
    } catch (error) {
      throw explainCryptokiError(error, this.name)
    }
  }

  /**
   * One login, with the care of pin-entry.ts; none when it was done already.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_PIN_*.
   */
  async logIn(options: AskOptions = {}): Promise<void> {
    if (this.#isLoggedIn) return
    const slot = this.#slot.id
    try {
      await this.#pins.use({
        purpose: 'login',
        tokenInfo: async () => this.#module.ask('token', { slot }, options),
        send: async (pin) => this.#module.ask('login', { slot, pin }, options),
      })
      this.#isLoggedIn = true
      this.#objects = undefined
    } catch (error) {
      throw explainCryptokiError(error, this.name)
    }
  }

  /**
   * One C_Sign, with the context-specific login that the key asks for.
   *
   * @throws {CryptokiError} for the caller, who may recover.
   */
  async sign(
    ask: Omit<HostOperations['sign']['ask'], 'slot' | 'contextPin'>,
    options: AskOptions & { readonly needsContextLogin: boolean },
  ): Promise<Buffer> {
    const slot = this.#slot.id
    if (!options.needsContextLogin) {
      return Buffer.from(await this.#module.ask('sign', { ...ask, slot }, options), 'base64')
    }
    return this.#pins.use({
      purpose: 'signature',
      tokenInfo: async () => this.#module.ask('token', { slot }, options),
      send: async (contextPin) =>
        Buffer.from(
          await this.#module.ask('sign', { ...ask, slot, contextPin }, options),
          'base64',
        ),
    })
  }

  /**
   * A new pair of keys, after the login; slow cards take their time.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_FAILED, ERR_KEY_UNSUPPORTED.
   */
  async makePair(request: Omit<PairRequest, 'slot'>, options: AskOptions = {}): Promise<void> {
    try {
      const ask = { ...request, slot: this.#slot.id }
      await this.#module.ask('makePair', ask, { ...options, timeoutMs: MAKE_PAIR_TIMEOUT_MS })
      this.#objects = undefined
    } catch (error) {
      throw explainCryptokiError(error, this.name)
    }
  }

  /** False once the module's process has ended; `findAgain` starts another one. */
  get isRunning(): boolean {
    return this.#module.isRunning
  }

  /**
   * Starts the module afresh (C_Finalize and C_Initialize, in a new process) and finds the same token.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND when it is not there, or another one is.
   */
  async findAgain(): Promise<void> {
    await this.#module[Symbol.asyncDispose]()
    this.#isLoggedIn = false
    this.#objects = undefined
    this.#module = await ModuleProcess.start({ path: this.#module.path, ...this.#ports })
    const present = await this.#module.presentTokens()
    const found = present.find(({ slot }) => isSameToken(slot.token, this.info))
    if (found === undefined) throw this.#gone(present)
    this.#slot = found.slot
    this.#ports.reporter.debug('PKCS#11 token found again', {
      token: this.info.label,
      serial: this.info.serial,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#module[Symbol.asyncDispose]()
  }

  #gone(present: readonly PresentToken[]): RolesAnywhereError {
    const others = present.map(({ slot }) => quoted(slot.token.label)).join(', ')
    return new RolesAnywhereError(
      'ERR_TOKEN_NOT_FOUND',
      `${this.name} (serial ${quoted(this.info.serial)}) is not present` +
        (others === '' ? '' : `; there is ${others}`),
      { hint: 'plug it in again: it is found at the next try' },
    )
  }
}

/** RSA-4096 takes a smart card a minute and more. */
const MAKE_PAIR_TIMEOUT_MS = 300_000
