/**
 * A world for `main` that holds still: what it prints is kept, nothing of this machine but its files is
 * seen, and time does not move.
 *
 * @module
 */

import { main } from '../../src/cli/main.ts'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import type { System } from '../../src/cli/system.ts'
import { NO_WAY_OUT } from './run-cli.ts'

export interface Ending {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** 2026-11-22, when throwaway certificates are valid. */
const NOW = Date.parse('2026-11-22T00:00:00Z')

/** Runs one command line to its end, in this process. */
export async function runMain(
  argv: readonly string[],
  given: Partial<System> = {},
): Promise<Ending> {
  let stdout = ''
  let stderr = ''
  const system: System = {
    argv,
    platform: 'linux',
    currentFolder: () => '/where/it/runs',
    clock: () => NOW,
    monotonic: () => 0,
    random: () => 0.5,
    wait: async () => Promise.resolve(),
    async writeResult(result) {
      stdout += Buffer.from(result).toString('utf8')
      return Promise.resolve()
    },
    writeMessage(text) {
      stderr += text
    },
    readStdin: async () => Promise.resolve(Buffer.alloc(0)),
    prompt: async () =>
      Promise.reject(
        new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', 'nobody is here to be asked'),
      ),
    converse: async () => Promise.resolve(undefined),
    tellPerson: async () => Promise.resolve(false),
    schedule: () => () => undefined,
    onSignal: () => () => undefined,
    pid: 1,
    uid: 1000,
    isTerminal: async () => Promise.resolve(false),
    isResultTerminal: async () => Promise.resolve(false),
    signal: new AbortController().signal,
    ...given,
    env: { ...NO_WAY_OUT, ...(given.env ?? { HOME: '/nonexistent' }) },
  }
  const exitCode = await main(system)
  return { exitCode, stdout, stderr }
}
