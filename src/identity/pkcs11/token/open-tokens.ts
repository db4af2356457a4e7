/**
 * The tokens that one run uses: each opened once, however many URIs lead to it.
 *
 * Closing it closes every module but those of tokens that were kept for signing.
 *
 * @module
 */

import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { IdentityPorts, TokenOptions } from '../../identity-options.ts'
import { findModules } from '../module/find-modules.ts'
import type { ModuleDeadlines } from '../module/host-channel.ts'
import type { ModuleProcess, PresentToken } from '../module/module-process.ts'
import { RunningModules, type ModulePorts } from '../module/running-modules.ts'
import { findTokens } from './find-tokens.ts'
import { PinEntry, type PinPorts } from './pin-entry.ts'
import { pinSettings } from './pin-settings.ts'
import { Token } from './token.ts'
import { tokenMatches } from './token-uri.ts'

export interface Pkcs11Ports extends IdentityPorts, PinPorts {
  readonly deadlines?: ModuleDeadlines | undefined
}

export class OpenTokens implements AsyncDisposable {
  readonly modules: RunningModules
  readonly #options: TokenOptions
  readonly #ports: Pkcs11Ports
  readonly #modulePorts: ModulePorts
  /** By module and slot. */
  readonly #tokens = new Map<string, Token>()

  constructor(options: TokenOptions, ports: Pkcs11Ports) {
    const { secrets, reporter, deadlines } = ports
    this.#options = options
    this.#ports = ports
    this.#modulePorts = { env: secrets.env, reporter, deadlines }
    this.modules = new RunningModules(this.#modulePorts)
  }

  /**
   * The tokens that the URI matches; nobody is logged in to yet.
   *
   * @param pinUris the URIs that may say where the PIN of these tokens is, best first.
   * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND, ERR_TOKEN_MODULE_*, ERR_TOKEN_SUPPORT_MISSING.
   */
  async matching(uri: Pkcs11Uri, pinUris: readonly Pkcs11Uri[] = [uri]): Promise<readonly Token[]> {
    this.#passWarnings(uri)
    const found = await findTokens(uri, findModules(this.#options.pkcs11Lib, uri), this.modules)
    return found.map((present) => this.#open(present, pinUris))
  }

  /** Every token of these modules that the URI matches, be it shown by several of them. */
  async onModules(uri: Pkcs11Uri, modules: readonly ModuleProcess[]): Promise<readonly Token[]> {
    this.#passWarnings(uri)
    return (await this.modules.presentTokens(modules))
      .filter(({ module, slot }) => tokenMatches(uri, module.info, slot))
      .map((present) => this.#open(present, [uri]))
  }

  /** From now on the caller closes this token. */
  keep(token: Token): Token {
    this.modules.release(token.module)
    return token
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.modules[Symbol.asyncDispose]()
  }

  /** What is to be said about how a URI was written, once for each use of it. */
  #passWarnings({ warnings }: Pkcs11Uri): void {
    for (const warning of warnings) this.#ports.reporter.warn(warning)
  }

  #open(present: PresentToken, pinUris: readonly Pkcs11Uri[]): Token {
    const name = `${present.module.path} ${present.slot.id}`
    const known = this.#tokens.get(name)
    if (known !== undefined) return known
    const settings = pinSettings(pinUris, this.#options, this.#ports.reporter)
    const token = new Token(present, new PinEntry(settings, this.#ports), this.#modulePorts)
    this.#tokens.set(name, token)
    return token
  }
}
