/**
 * One window at a time: programs that start together would ask over one another, and a PIN typed for one
 * could go to the other.
 *
 * PINs are not handed from process to process. Who starts many processes and wants one question uses
 * the cache: whoever asks holds the lock of its entry, and the others find credentials there.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { acquireFileLock } from '../../machine/file-lock.ts'
import { makeCacheFolder } from '../../session/cache/cache-folder.ts'
import { cacheFolder } from '../private-folders.ts'
import { ANSWER_TIMEOUT_MS, type PromptPorts } from './prompt-ports.ts'

/** As long as one person is waited for, and a moment. */
const PATIENCE_MS = ANSWER_TIMEOUT_MS + 10_000

/** Does `ask` when no other process of this user asks in a window. */
export async function oneQuestion<T>(ports: PromptPorts, ask: () => Promise<T>): Promise<T> {
  const release = await takeTurn(ports)
  try {
    return await ask()
  } finally {
    await release?.()
  }
}

/** Undefined where there is no place for a lock: two windows are better than none. */
async function takeTurn(ports: PromptPorts): Promise<(() => Promise<void>) | undefined> {
  try {
    // A service's user has a home that is named and is not there: it stays so.
    if (!existsSync(dirname(dirname(cacheFolder({}, ports))))) return undefined
    const folder = makeCacheFolder(cacheFolder({}, ports))
    const options = { patienceMs: PATIENCE_MS, staleMs: PATIENCE_MS }
    const lock = await acquireFileLock(`${folder.path}/prompt.lock`, options, ports)
    return async () => {
      await lock?.[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    }
  } catch (error) {
    if (ports.signal.aborted) throw error
    return undefined
  }
}
