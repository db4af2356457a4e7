/**
 * Our end of the process that holds a PKCS#11 module: starts it, asks it, and ends it at a deadline.
 *
 * One module, one process. A module that does not answer in time is killed together with its
 * process; one that crashes takes only that process along. Either way the next caller starts afresh.
 *
 * @see reliability.md F12
 * @module
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { says, setting } from '../../../core/wording.ts'
import { TurnQueue } from '../../../machine/turn-queue.ts'
import { CryptokiError } from '../cryptoki.ts'
import type {
  HostFailure,
  HostOperations,
  HostReply,
  ModuleInfo,
  OperationName,
} from '../host-protocol.ts'
import { moduleLoadFailure, supportMissing } from './module-failures.ts'

/** How long the module may take, in milliseconds. */
export interface HostDeadlines {
  /** Everything that no person and no key operation is waited for in. Default 10,000. */
  readonly callMs: number
  /** Logins and signatures: a touch or a keypad waits for a person. Default 60,000. */
  readonly personMs: number
}

export interface ModuleHostOptions {
  /** Of the module: canonical and checked, see module-file.ts. */
  readonly path: string
  /** Environment of the process: modules find their configuration there. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly deadlines?: HostDeadlines | undefined
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
}

/** A running module. */
export class ModuleHost implements AsyncDisposable {
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
  static async start(options: ModuleHostOptions): Promise<ModuleHost> {
    const channel = new HostChannel(options)
    try {
      const info = await channel.ask('open', { path: options.path }, {})
      return new ModuleHost(options.path, info, channel)
    } catch (error) {
      channel.kill()
      throw error instanceof CryptokiError ? moduleLoadFailure(options.path, error.message) : error
    }
  }

  /** False once the process has ended, for whatever reason. */
  get isRunning(): boolean {
    return this.#channel.isOpen
  }

  /**
   * One operation; operations run one after the other.
   *
   * @throws {CryptokiError} what the module returned, for the caller to explain.
   * @throws {RolesAnywhereError} ERR_TOKEN_TIMEOUT, ERR_TOKEN_MODULE_CRASHED, ERR_CANCELLED: the
   *   process is gone; ERR_TOKEN_SUPPORT_MISSING.
   */
  async ask<Name extends OperationName>(
    operation: Name,
    ask: HostOperations[Name]['ask'],
    options: AskOptions = {},
  ): Promise<HostOperations[Name]['answer']> {
    return this.#channel.ask(operation, ask, options)
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

const DEFAULT_DEADLINES: HostDeadlines = { callMs: 10_000, personMs: 60_000 }
const CLOSE_TIMEOUT_MS = 1000

/** The process and its message channel. */
class HostChannel {
  readonly #path: string
  readonly #deadlines: HostDeadlines
  readonly #child: ChildProcess
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0
  readonly #turns = new TurnQueue()
  #end: RolesAnywhereError | undefined

  constructor({ path, env, deadlines }: ModuleHostOptions) {
    this.#path = path
    this.#deadlines = deadlines ?? DEFAULT_DEADLINES
    // A module may print what it likes, a traced PIN too: none of it goes anywhere. NODE_OPTIONS is
    // meant for the program that the user started.
    this.#child = spawn(process.execPath, [hostScript()], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...env, NODE_OPTIONS: undefined },
    })
    this.#child.on('message', (reply: HostReply) => {
      this.#settle(reply)
    })
    this.#child.on('error', (cause) => {
      this.#ended(new RolesAnywhereError('ERR_INTERNAL', 'no process for the module', { cause }))
    })
    this.#child.on('exit', (code, signal) => {
      this.#ended(crashed(this.#path, signal ?? `exit code ${code ?? 0}`))
    })
    this.#setReferenced(false)
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  async ask<Name extends OperationName>(
    operation: Name,
    ask: HostOperations[Name]['ask'],
    { signal, timeoutMs }: AskOptions & { readonly timeoutMs?: number },
  ): Promise<HostOperations[Name]['answer']> {
    const waitsForPerson = operation === 'login' || operation === 'sign'
    const limitMs = timeoutMs ?? this.#deadlines[waitsForPerson ? 'personMs' : 'callMs']
    const answer = this.#turns.run(async () => this.#send(operation, ask, signal, limitMs))
    return answer as Promise<HostOperations[Name]['answer']>
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #send(
    operation: OperationName,
    ask: unknown,
    signal: AbortSignal | undefined,
    timeoutMs: number,
  ): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end
    if (signal?.aborted === true) throw cancelled(signal)
    const id = (this.#lastId += 1)
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    const abandon = (reason: RolesAnywhereError): void => {
      this.#ended(reason)
      this.kill()
    }
    const deadline = setTimeout(() => {
      abandon(timedOut(this.#path, operation, timeoutMs))
    }, timeoutMs)
    const onAbort = (): void => {
      abandon(cancelled(signal))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#setReferenced(true)
    try {
      this.#child.send({ id, operation, ask }, () => undefined)
      return await answer.promise
    } finally {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(id)
      this.#setReferenced(false)
    }
  }

  #settle(reply: HostReply): void {
    const pending = this.#pending.get(reply.id)
    if ('failure' in reply) pending?.reject(errorOf(reply.failure, this.#path))
    else pending?.resolve(reply.answer)
  }

  #ended(reason: RolesAnywhereError): void {
    this.#end ??= reason
    for (const pending of this.#pending.values()) pending.reject(this.#end)
  }

  /** An idle module must not keep the program alive that has forgotten to close it. */
  #setReferenced(referenced: boolean): void {
    if (referenced) {
      this.#child.ref()
      this.#child.channel?.ref()
    } else {
      this.#child.unref()
      this.#child.channel?.unref()
    }
  }
}

/**
 * The host's program: beside this file in the source tree, at the top of dist/ when bundled (this
 * code is then in dist/ itself or in dist/chunks/).
 */
function hostScript(): string {
  const places = ['../host/host-process.ts', './pkcs11-host.cjs', '../pkcs11-host.cjs']
  const script = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path))
  if (script !== undefined) return script
  throw new RolesAnywhereError('ERR_INTERNAL', 'the program for PKCS#11 modules is missing', {
    hint: 'install rolesanywhere again',
  })
}

function errorOf(failure: HostFailure, path: string): Error {
  switch (failure.kind) {
    case 'cryptoki':
      return new CryptokiError(failure.call, failure.rv, failure.rvName)
    case 'support':
      return supportMissing(failure.package, failure.message)
    case 'load':
      return moduleLoadFailure(path, failure.message)
    case 'other':
      return new RolesAnywhereError('ERR_INTERNAL', `the module's process: ${failure.message}`)
  }
}

function crashed(path: string, how: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_MODULE_CRASHED',
    `the PKCS#11 module "${path}" ended its process (${how})`,
    {
      hint: says`try another module with ${setting('pkcs11Lib')}, or a newer version of it`,
      detail: { path, how },
    },
  )
}

function timedOut(path: string, operation: string, timeoutMs: number): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_TIMEOUT',
    `the PKCS#11 module "${path}" did not answer within ${timeoutMs / 1000} s (${operation})`,
    {
      hint: 'plug the token in again, or touch it if it waits for that; the next try starts afresh',
      detail: { path, operation, timeoutMs },
    },
  )
}

function cancelled(signal: AbortSignal | undefined): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', 'cancelled while waiting for the token', {
    cause: signal?.reason,
  })
}
