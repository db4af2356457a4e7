/**
 * The modules that one run has started, each once; those that nobody keeps end with it.
 *
 * Starting needs nothing but the path of a module, so it may begin before anything else is known, and who
 * comes later joins what was begun.
 *
 * @module
 */

import type { RolesAnywhereError } from '../../../core/errors.ts'
import type { Reporter } from '../../../core/ports.ts'
import type { ModuleCandidate } from './find-modules.ts'
import type { HostOptions } from './host-channel.ts'
import { ModuleProcess, type PresentToken } from './module-process.ts'

export interface ModulePorts extends Pick<HostOptions, 'env' | 'deadlines'> {
  readonly reporter: Reporter
}

export class RunningModules implements AsyncDisposable {
  readonly #ports: ModulePorts
  /** By path, failed ones too: what did not start once is not waited for a second time. */
  readonly #started = new Map<string, Promise<ModuleProcess>>()
  readonly #failures = new Map<string, RolesAnywhereError>()

  constructor(ports: ModulePorts) {
    this.#ports = ports
  }

  /** Why modules could not be looked into. */
  get failures(): readonly RolesAnywhereError[] {
    return [...this.#failures.values()]
  }

  /** Starts modules beside each other; one that fails is left out, and its reason is kept. */
  async start(candidates: readonly ModuleCandidate[]): Promise<readonly ModuleProcess[]> {
    const starts = candidates.map(async ({ path }) => {
      const start = this.#started.get(path) ?? this.#start(path)
      this.#started.set(path, start)
      return await this.#unlessFailed(path, async () => [await start])
    })
    return (await Promise.all(starts)).flat()
  }

  /** Every token that the modules show; one that fails here is left out like one that does not start. */
  async presentTokens(modules: readonly ModuleProcess[]): Promise<readonly PresentToken[]> {
    const lists = modules.map(async (module) =>
      this.#unlessFailed(module.path, async () => module.presentTokens()),
    )
    return (await Promise.all(lists)).flat()
  }

  /** Hands a module over to a caller, who closes it. */
  release(module: ModuleProcess): void {
    this.#started.delete(module.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await Promise.allSettled(this.#started.values())
    await Promise.all(
      started.map(async (start) => {
        if (start.status === 'fulfilled') await start.value[Symbol.asyncDispose]()
      }),
    )
  }

  async #start(path: string): Promise<ModuleProcess> {
    const module = await ModuleProcess.start({ path, ...this.#ports })
    this.#ports.reporter.debug('PKCS#11 module loaded', { path, library: module.info.description })
    return module
  }

  async #unlessFailed<T>(path: string, work: () => Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await work()
    } catch (error) {
      this.#failures.set(path, error as RolesAnywhereError)
      return []
    }
  }
}
