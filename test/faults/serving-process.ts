/**
 * `serve` as a process of its own for rows that load it, and what the system says about that process.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import type { EmulatorOptions } from '../../src/emulator/emulator.ts'
import { createWorld, startServe, type Running, type World } from '../support/long-running.ts'

export interface ServingProcess {
  readonly world: World
  readonly serving: Running
  readonly pid: number
  readonly port: number
  /** A GET of the credentials, whole. */
  readonly request: string
}

/** Starts `serve` for the profile `onprem`, and ends it when the work is done. */
export async function withServe<T>(
  work: (process: ServingProcess) => Promise<T>,
  options: Partial<EmulatorOptions> = {},
): Promise<T> {
  await using world = await createWorld(options)
  await using serving = await startServe(world, ['--profile', 'onprem'])
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = '',
  } = serving.exported
  const { port, pathname } = new URL(uri)
  const request = `GET ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${readFileSync(file, 'utf8')}\r\n\r\n`
  return await work({ world, serving, pid: serving.child.pid ?? 0, port: Number(port), request })
}

export const rssMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
