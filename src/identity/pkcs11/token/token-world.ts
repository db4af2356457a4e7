/**
 * The modules and tokens that one command looks at, each started and connected once.
 *
 * Closing it closes every module but the one that is kept for signing.
 *
 * @module
 */

import type { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Clock, Reporter } from '../../../core/ports.ts'
import type { SecretSource } from '../../../core/secret-source.ts'
import type { SecretPorts } from '../../secret/secret-ports.ts'
import type { RefusedPasswords } from '../../secret/refused-passwords.ts'
import type { HostDeadlines, ModuleHost } from '../module/module-host.ts'
import { searchModules, type ModuleSearch } from '../module/module-search.ts'
import { PinEntry } from './pin-entry.ts'
import { pinSettings } from './pin-settings.ts'
import { TokenConnection } from './token-connection.ts'
import { findTokens, ModulePool, type FoundToken, type HostPorts } from './token-search.ts'
import { tokenMatches } from './uri-match.ts'

/** What every command on tokens can be told. */
export interface TokenOptions {
  /** The setting `pkcs11Lib`. Default: what the URI says, then what the system knows. */
  readonly library?: string | undefined
  /** The setting `pin`. Default: ask on the terminal. */
  readonly pin?: SecretSource | undefined
  /** Use the login's PIN for keys that ask for one with every signature. Default false. */
  readonly reusePin?: boolean | undefined
  /** Try a PIN although a wrong one would lock the token. Default false. */
  readonly allowFinalPinTry?: boolean | undefined
}

export interface Pkcs11Ports {
  readonly clock: Clock
  readonly reporter: Reporter
  readonly secrets: SecretPorts
  /** A line for the person at the terminal: a touch is needed, a PIN was wrong. */
  readonly tell: (line: string) => void
  readonly deadlines?: HostDeadlines | undefined
  /** Default: one for the whole process. */
  readonly refusedPins?: RefusedPasswords | undefined
}

export class TokenWorld implements AsyncDisposable {
  readonly #options: TokenOptions
  readonly #ports: Pkcs11Ports
  readonly #hostPorts: HostPorts
  readonly #pool: ModulePool
  /** By module and slot. */
  readonly #connections = new Map<string, TokenConnection>()

  constructor(options: TokenOptions, ports: Pkcs11Ports) {
    this.#options = options
    this.#ports = ports
    this.#hostPorts = {
      env: ports.secrets.env,
      reporter: ports.reporter,
      deadlines: ports.deadlines,
    }
    this.#pool = new ModulePool(this.#hostPorts)
  }

  /**
   * The tokens that the URI matches; nobody is logged in to yet.
   *
   * @param pinUris the URIs that may say where the PIN of these tokens is, best first.
   * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND, ERR_TOKEN_MODULE_*, ERR_TOKEN_SUPPORT_MISSING.
   */
  async connect(
    uri: Pkcs11Uri,
    pinUris: readonly Pkcs11Uri[],
  ): Promise<readonly TokenConnection[]> {
    const search = searchModules(this.#options.library, uri)
    const tokens = await findTokens(uri, search, this.#pool)
    return tokens.map((found) => this.#connection(found, pinUris))
  }

  /** Starts every module of the search; `failures` says why one is not among the `hosts`. */
  async startAll({ groups }: ModuleSearch): Promise<{
    readonly hosts: readonly ModuleHost[]
    readonly failures: readonly RolesAnywhereError[]
  }> {
    const hosts = await this.#pool.start(groups.flat())
    return { hosts, failures: this.#pool.failures }
  }

  /** Every token of these modules that the URI matches, be it shown by several of them. */
  async connectAll(
    uri: Pkcs11Uri,
    hosts: readonly ModuleHost[],
  ): Promise<readonly TokenConnection[]> {
    return (await this.#pool.tokensOf(hosts))
      .filter(({ host, slot }) => tokenMatches(uri, host.info, slot))
      .map((found) => this.#connection(found, [uri]))
  }

  /** From now on the caller closes this connection. */
  keep(connection: TokenConnection): TokenConnection {
    this.#pool.release(connection.host)
    return connection
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }

  #connection(found: FoundToken, pinUris: readonly Pkcs11Uri[]): TokenConnection {
    const name = `${found.host.path} ${found.slot.id}`
    const known = this.#connections.get(name)
    if (known !== undefined) return known
    const { pin, reusePin, allowFinalPinTry } = this.#options
    const settings = { source: pin, reusePin, allowFinalPinTry }
    const pins = new PinEntry(pinSettings(pinUris, settings, this.#ports.reporter), this.#ports)
    const connection = new TokenConnection(found, pins, this.#hostPorts)
    this.#connections.set(name, connection)
    return connection
  }
}
