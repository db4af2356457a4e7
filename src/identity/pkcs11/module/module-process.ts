/**
 * A running PKCS#11 module, in a process of its own.
 *
 * One module, one process. A module that does not answer in time is killed together with its
 * process; one that crashes takes only that process along. Either way the next caller starts afresh.
 *
 * @module
 */

import { CryptokiError } from '../cryptoki.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type { HostOperations, ModuleInfo, OperationName, SlotInfo } from '../host-protocol.ts'
import { HostChannel, type AskOptions, type HostOptions } from './host-channel.ts'
import { moduleLoadFailure } from './module-failures.ts'

/** A token that is present, and the module that shows it. */
export interface PresentToken {
  readonly module: ModuleProcess
  readonly slot: SlotInfo
}

export class ModuleProcess implements AsyncDisposable {
  readonly path: string
  readonly info: ModuleInfo
  readonly #channel: HostChannel

  private constructor(path: string, info: ModuleInfo, channel: HostChannel) {
    this.path = path
    this.info = info
    this.#channel = channel
  }

  /**
   * Starts the process, loads the module and initialises it.
   *
   * @throws {RolesAnywhereError} ERR_TOKEN_SUPPORT_MISSING, ERR_TOKEN_MODULE_UNUSABLE,
   *   ERR_TOKEN_MODULE_CRASHED, ERR_TOKEN_TIMEOUT.
   */
  static async start(options: HostOptions): Promise<ModuleProcess> {
    const { path } = options
    const channel = new HostChannel(options)
    try {
      return new ModuleProcess(path, await channel.ask('open', { path }), channel)
    } catch (error) {
      channel.kill()
      throw error instanceof CryptokiError ? moduleLoadFailure(path, error.message) : error
    }
  }

  /** False once the process has ended, for whatever reason. */
  get isRunning(): boolean {
    return this.#channel.isOpen
  }

  /** One operation; operations run one after the other. Throws as `HostChannel.ask` does. */
  async ask<Name extends OperationName>(
    operation: Name,
    ask: HostOperations[Name]['ask'],
    options?: AskOptions,
  ): Promise<HostOperations[Name]['answer']> {
    return this.#channel.ask(operation, ask, options)
  }

  /**
   * Every token that the module shows.
   *
   * @throws {RolesAnywhereError} codes of the key family.
   */
  async presentTokens(): Promise<readonly PresentToken[]> {
    try {
      return (await this.ask('slots', null)).map((slot) => ({ module: this, slot }))
    } catch (error) {
      throw explainCryptokiError(error, `the module "${this.path}"`)
    }
  }

  /** Ends the module in good order, or with force when it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return
    try {
      await this.#channel.ask('close', null, { timeoutMs: CLOSE_TIMEOUT_MS })
    } catch {
      // Whatever C_Finalize says, the end of the process ends every session.
      this.#channel.kill()
    }
  }
}

const CLOSE_TIMEOUT_MS = 1000
