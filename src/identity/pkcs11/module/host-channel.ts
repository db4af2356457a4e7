/**
 * The process that holds a PKCS#11 module, and the channel to it: starts it, asks it one thing after the
 * other, and kills it at a deadline.
 *
 * @see reliability.md F12
 * @module
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { TurnQueue } from '../../../machine/turn-queue.ts'
import {
  HOST_COMMAND,
  STARTED,
  type HostOperations,
  type HostReply,
  type OperationName,
} from '../host-protocol.ts'
import { cancelled, errorOf, moduleCrashed, moduleTimedOut } from './module-failures.ts'

/** How long the module may take, in milliseconds. */
export interface ModuleDeadlines {
  /** Everything that no person and no key operation is waited for in. Default 10,000. */
  readonly callMs: number
  /** Logins and signatures: a touch or a keypad waits for a person. Default 60,000. */
  readonly personMs: number
}

export interface HostOptions {
  /** Of the module: canonical and checked, see module-file.ts. */
  readonly path: string
  /** Environment of the process: modules find their configuration there. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly deadlines?: ModuleDeadlines | undefined
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the deadline that the operation has. */
  readonly timeoutMs?: number | undefined
}

const DEFAULT_DEADLINES: ModuleDeadlines = { callMs: 10_000, personMs: 60_000 }

export class HostChannel {
  readonly #path: string
  readonly #deadlines: ModuleDeadlines
  readonly #child: ChildProcess
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #turns = new TurnQueue()
  #lastId = 0
  /** Of the question that is under way. */
  #deadline: NodeJS.Timeout | undefined
  #end: RolesAnywhereError | undefined

  /** Starts the process; what it cannot do shows at the first question. */
  constructor({ path, env, deadlines }: HostOptions) {
    this.#path = path
    this.#deadlines = deadlines ?? DEFAULT_DEADLINES
    // A module may print what it likes, a traced PIN too: none of it goes anywhere. NODE_OPTIONS is
    // meant for the program that the user started.
    const { program, args } = hostProgram()
    this.#child = spawn(program, args, {
      argv0: process.execPath,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...env, NODE_OPTIONS: undefined },
    })
    this.#child.on('message', (message: HostReply | typeof STARTED) => {
      // A busy machine takes its time to start a process, and that is not the module's fault.
      if (message === STARTED) this.#deadline?.refresh()
      else this.#settle(message)
    })
    this.#child.on('error', (cause) => {
      this.#ended(new RolesAnywhereError('ERR_INTERNAL', 'no process for the module', { cause }))
    })
    this.#child.on('exit', (code, signal) => {
      this.#ended(moduleCrashed(this.#path, signal ?? `exit code ${code ?? 0}`))
    })
    this.#setReferenced(false)
  }

  /** False once the process has ended or was given up, for whatever reason. */
  get isOpen(): boolean {
    return this.#end === undefined
  }

  /**
   * @throws {CryptokiError} what the module returned, for the caller to explain.
   * @throws {RolesAnywhereError} ERR_TOKEN_TIMEOUT, ERR_TOKEN_MODULE_CRASHED, ERR_CANCELLED: the
   *   process is gone; ERR_TOKEN_SUPPORT_MISSING, ERR_TOKEN_MODULE_UNUSABLE.
   */
  async ask<Name extends OperationName>(
    operation: Name,
    ask: HostOperations[Name]['ask'],
    { signal, timeoutMs }: AskOptions = {},
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
    const giveUp = (reason: RolesAnywhereError): void => {
      this.#ended(reason)
      this.kill()
    }
    this.#deadline = setTimeout(() => {
      giveUp(moduleTimedOut(this.#path, operation, timeoutMs))
    }, timeoutMs)
    const onAbort = (): void => {
      giveUp(cancelled(signal))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#setReferenced(true)
    try {
      this.#child.send({ id, operation, ask }, () => undefined)
      return await answer.promise
    } finally {
      clearTimeout(this.#deadline)
      this.#deadline = undefined
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

/** The one-file executable is its own host; otherwise Node runs the host's script. */
function hostProgram(): { readonly program: string; readonly args: readonly string[] } {
  if (!isSea()) return { program: process.execPath, args: [hostScript()] }
  // An upgrade may have put another version at our path; this is the file that we run from.
  const ourselves = '/proc/self/exe'
  return { program: existsSync(ourselves) ? ourselves : process.execPath, args: [HOST_COMMAND] }
}

/**
 * The host's program: in the room beside this one in the source tree, at the top of dist/ when bundled
 * (this code is then in dist/ itself or in dist/chunks/).
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
