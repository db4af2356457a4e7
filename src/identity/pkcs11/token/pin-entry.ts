/**
 * PINs, with the care that a counter of three tries asks for.
 *
 * - The token's flags are read before every try: a locked one gets none, and the final try is made
 *   only when that was allowed.
 * - A PIN that was refused is never sent again by this process; one that did not come from a person is tried once.
 * - A token with a keypad gets no PIN from us.
 *
 * PINs stay in this object, in memory; JavaScript cannot promise to wipe them.
 *
 * @see reliability.md T22; user-pain.md row 13; protocol-facts.md 9.5
 * @module
 */

import type { Reporter } from '../../../core/ports.ts'
import { quoted } from '../../../core/printable.ts'
import type { SecretSource } from '../../../core/secret-source.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'
import { forgetSecret, isUnavailable, readSecret } from '../../secret/read-secret.ts'
import { RefusedPasswords } from '../../secret/refused-passwords.ts'
import type { SecretPorts } from '../../secret/secret-ports.ts'
import { CKF } from '../cryptoki.ts'
import type { Pin, TokenInfo } from '../host-protocol.ts'
import {
  emptyPin,
  explainPinRefusal,
  finalTry,
  loginPinRequired,
  pinLocked,
  refusedBefore,
  signaturePinRequired,
  withPlace,
} from './pin-failures.ts'

export interface PinSettings {
  /** Where the PIN is. Default: ask a person. */
  readonly source?: SecretSource | undefined
  /** `pin-value` of the URI: the PIN itself. */
  readonly value?: string | undefined
  /** Use the user PIN for keys that ask for a PIN with every signature. Default: ask again. */
  readonly reusePin?: boolean | undefined
  /** Try a PIN although a wrong one would lock the token. Default false. */
  readonly allowFinalPinTry?: boolean | undefined
}

export interface PinPorts {
  readonly secrets: SecretPorts
  readonly reporter: Reporter
  /** A line for the person at the terminal. */
  readonly tell: (line: string) => void
  /** Default: one for the whole process. */
  readonly refusedPins?: RefusedPasswords | undefined
}

/** Which PIN is asked for: the login, or the extra one of an always-authenticate key. */
export type PinPurpose = 'login' | 'signature'

/** One attempt to use a PIN: reads flags, and sends what it is given. */
export interface PinAttempt<Result> {
  readonly purpose: PinPurpose
  /** With the flags of this moment. */
  tokenInfo(): Promise<TokenInfo>
  /** Sends the PIN once. */
  send(pin: Pin): Promise<Result>
}

/** How often a person is asked before we give up. */
const MAX_PROMPTS = 3

/** Outlives every loading: a renewed certificate has its key on the token found anew. */
const refusedInThisProcess = new RefusedPasswords()

export class PinEntry {
  readonly #settings: PinSettings
  readonly #ports: PinPorts
  readonly #refused: RefusedPasswords
  /** The PIN of the last good login, for the next one and for `reusePin`. */
  #accepted: string | undefined

  constructor(settings: PinSettings, ports: PinPorts) {
    this.#settings = settings
    this.#ports = ports
    this.#refused = ports.refusedPins ?? refusedInThisProcess
  }

  /**
   * Gets a PIN and has it sent, again only if a person types another one.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_PIN_REQUIRED, ERR_TOKEN_PIN_INCORRECT,
   *   ERR_TOKEN_PIN_FINAL_TRY, ERR_TOKEN_PIN_LOCKED, ERR_TOKEN_FAILED.
   */
  async use<Result>(attempt: PinAttempt<Result>): Promise<Result> {
    let problem: string | undefined
    for (let prompts = 1; ; prompts += 1) {
      const token = await attempt.tokenInfo()
      this.#checkFlags(token)
      const { pin, isTyped } = await this.#obtain(token, attempt.purpose, problem)
      try {
        return await this.#send(pin, token, attempt)
      } catch (error) {
        const refusal = explainPinRefusal(error, token)
        if (refusal === undefined) throw error
        if (isTyped) this.#forget(token, attempt.purpose)
        if (!isTyped || prompts === MAX_PROMPTS) throw withPlace(refusal, this.#place)
        problem = refusal.message
        this.#ports.tell(problem)
      }
    }
  }

  #checkFlags(token: TokenInfo): void {
    const name = quoted(token.label)
    if ((token.flags & CKF.USER_PIN_LOCKED) !== 0) throw pinLocked(token)
    if ((token.flags & CKF.USER_PIN_FINAL_TRY) !== 0) {
      if (this.#settings.allowFinalPinTry !== true) throw finalTry(token)
      this.#ports.reporter.warn(`this is the last PIN try of token ${name}`)
    } else if ((token.flags & CKF.USER_PIN_COUNT_LOW) !== 0) {
      this.#ports.reporter.warn(`token ${name} has seen a wrong PIN since its last login`)
    }
  }

  async #send<Result>(pin: Pin, token: TokenInfo, attempt: PinAttempt<Result>): Promise<Result> {
    if (pin === null) return await attempt.send(pin)
    const name = identityOf(token)
    if (this.#refused.has(name, Buffer.from(pin))) throw refusedBefore(token)
    try {
      const result = await attempt.send(pin)
      if (attempt.purpose === 'login') this.#accepted = pin
      return result
    } catch (error) {
      if (explainPinRefusal(error, token) !== undefined) {
        this.#refused.add(name, Buffer.from(pin))
        this.#accepted = undefined
      }
      throw error
    }
  }

  async #obtain(
    token: TokenInfo,
    purpose: PinPurpose,
    problem: string | undefined,
  ): Promise<{ readonly pin: Pin; readonly isTyped: boolean }> {
    if ((token.flags & CKF.PROTECTED_AUTHENTICATION_PATH) !== 0) {
      this.#ports.tell(`enter the PIN of token ${quoted(token.label)} on its reader`)
      return { pin: null, isTyped: false }
    }
    const { source, value, reusePin } = this.#settings
    const mayReuse = purpose === 'login' || reusePin === true
    // A file is read again, since the PIN in it may have been changed together with the token's.
    const isFile = source !== undefined && FILE_KINDS.includes(source.kind)
    if (mayReuse && this.#accepted !== undefined && !isFile) {
      return { pin: this.#accepted, isTyped: false }
    }
    if (mayReuse && value !== undefined) return { pin: nonEmpty(value, token), isTyped: false }
    if (mayReuse && source !== undefined) {
      const pin = nonEmpty(await this.#read(source, token, purpose, problem), token)
      return { pin, isTyped: source.kind === 'prompt' }
    }
    return { pin: nonEmpty(await this.#prompt(token, purpose, problem), token), isTyped: true }
  }

  async #read(
    source: SecretSource,
    token: TokenInfo,
    purpose: PinPurpose,
    problem: string | undefined,
  ): Promise<string> {
    const subject = `${purpose} ${identityOf(token)}`
    const options = { subject, problem }
    return readSecret(source, question(token, purpose), this.#ports.secrets, options)
  }

  /** So that the person is asked again, and not answered for. */
  #forget(token: TokenInfo, purpose: PinPurpose): void {
    const subject = `${purpose} ${identityOf(token)}`
    forgetSecret(PROMPT, question(token, purpose), this.#ports.secrets, { subject })
  }

  async #prompt(
    token: TokenInfo,
    purpose: PinPurpose,
    problem: string | undefined,
  ): Promise<string> {
    try {
      return await this.#read(PROMPT, token, purpose, problem)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      const reason = isUnavailable(error.cause) ? error.cause : error
      throw purpose === 'login'
        ? loginPinRequired(token, reason)
        : signaturePinRequired(token, reason)
    }
  }

  /** Where the PIN comes from; nothing where a person is asked. */
  get #place(): Wording | undefined {
    const { source, value } = this.#settings
    return source?.namedBy ?? (value === undefined ? undefined : 'pin-value of the URI')
  }
}

const FILE_KINDS: readonly string[] = ['file', 'credential']
const PROMPT: SecretSource = { kind: 'prompt', argument: '', namedBy: says`${setting('pin')}` }

function question(token: TokenInfo, purpose: PinPurpose): string {
  const name = `${purpose === 'login' ? 'PIN' : 'PIN for this signature'} of token ${quoted(token.label)}`
  if ((token.flags & CKF.USER_PIN_FINAL_TRY) !== 0) return `${name} (last try before it locks)`
  if ((token.flags & CKF.USER_PIN_COUNT_LOW) !== 0) return `${name} (few tries left)`
  return name
}

/** What stays the same when the token is found again, by whatever module and in whatever slot. */
function identityOf({ label, serial, manufacturer, model }: TokenInfo): string {
  return JSON.stringify([label, serial, manufacturer, model])
}

/** An empty PIN reaches the token as a wrong one, and costs a try. */
function nonEmpty(pin: string, token: TokenInfo): string {
  if (pin === '') throw emptyPin(token)
  return pin
}
