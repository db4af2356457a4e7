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
import type { HostOperations, SlotInfo, TokenInfo, TokenObjects } from '../host-protocol.ts'
import { ModuleHost, type AskOptions } from '../module/module-host.ts'
import type { PinEntry } from './pin-entry.ts'
import { isSameToken, listTokens, type FoundToken, type HostPorts } from './token-search.ts'

export class TokenConnection implements AsyncDisposable {
  readonly #ports: HostPorts
  readonly #pins: PinEntry
  #host: ModuleHost
  #slot: SlotInfo
  #isLoggedIn = false
  /** What was visible, until a login or a new start shows other things: cards read slowly. */
  #objects: TokenObjects | undefined

  constructor(found: FoundToken, pins: PinEntry, ports: HostPorts) {
    this.#host = found.host
    this.#slot = found.slot
    this.#pins = pins
    this.#ports = ports
  }

  get token(): TokenInfo {
    return this.#slot.token
  }

  get host(): ModuleHost {
    return this.#host
  }

  get isLoggedIn(): boolean {
    return this.#isLoggedIn
  }

  /** Whether this token says that it hides objects until a login. Some say so wrongly, either way. */
  get requiresLogin(): boolean {
    return (this.token.flags & CKF.LOGIN_REQUIRED) !== 0
  }

  /** What is visible now. */
  async objects(): Promise<TokenObjects> {
    try {
      this.#objects ??= await this.#host.ask('objects', { slot: this.#slot.id })
      return this.#objects
    } catch (error) {
      throw explainCryptokiError(error, `token ${quoted(this.token.label)}`)
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
        token: async () => this.#host.ask('token', { slot }, options),
        send: async (pin) => this.#host.ask('login', { slot, pin }, options),
      })
      this.#isLoggedIn = true
      this.#objects = undefined
    } catch (error) {
      throw explainCryptokiError(error, `token ${quoted(this.token.label)}`)
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
      return Buffer.from(await this.#host.ask('sign', { ...ask, slot }, options), 'base64')
    }
    return this.#pins.use({
      purpose: 'signature',
      token: async () => this.#host.ask('token', { slot }, options),
      send: async (contextPin) =>
        Buffer.from(await this.#host.ask('sign', { ...ask, slot, contextPin }, options), 'base64'),
    })
  }

  get isRunning(): boolean {
    return this.#host.isRunning
  }

  /**
   * Starts the module afresh (C_Finalize and C_Initialize, in a new process) and finds the same token.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND when it is not there, or another one is.
   */
  async reconnect(): Promise<void> {
    await this.#host[Symbol.asyncDispose]()
    this.#isLoggedIn = false
    this.#objects = undefined
    this.#host = await ModuleHost.start({ path: this.#host.path, ...this.#ports })
    const present = await listTokens(this.#host)
    const found = present.find(({ slot }) => isSameToken(slot.token, this.token))
    if (found === undefined) throw this.#gone(present)
    this.#slot = found.slot
    this.#ports.reporter.debug('PKCS#11 token found again', {
      token: this.token.label,
      serial: this.token.serial,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]()
  }

  #gone(present: readonly FoundToken[]): RolesAnywhereError {
    const others = present.map(({ slot }) => quoted(slot.token.label)).join(', ')
    return new RolesAnywhereError(
      'ERR_TOKEN_NOT_FOUND',
      `token ${quoted(this.token.label)} (serial ${quoted(this.token.serial)}) is not present` +
        (others === '' ? '' : `; there is ${others}`),
      { hint: 'plug it in again: it is found at the next try' },
    )
  }
}
