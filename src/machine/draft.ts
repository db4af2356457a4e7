/**
 * Files under a name of their own until they are whole, and sweeping up those of killed processes.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../core/ports.ts'
import { isRunning } from './process-mark.ts'

/** Names the process, so that what a killed one left behind can be told from work in progress. */
export function draftOf(path: string): string {
  const name = `.${basename(path)}.${process.pid}.${randomBytes(16).toString('hex')}.tmp`
  return join(dirname(path), name)
}

const DRAFT_AGE_MS = 60_000

/** Removes drafts that killed processes left of this file, and of those with longer names (its lock). */
export async function sweepDrafts(path: string, clock: Clock): Promise<void> {
  const prefix = `.${basename(path)}.`
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const pid = name.startsWith(prefix) ? DRAFT_END.exec(name)?.[1] : undefined
    if (pid === undefined || isRunning(Number(pid))) continue
    const draft = join(dirname(path), name)
    const stats = await stat(draft).catch(() => undefined)
    // Young ones are spared: their process may live in another container.
    if (stats !== undefined && clock() - stats.mtimeMs > DRAFT_AGE_MS) {
      await rm(draft, { force: true }).catch(() => undefined)
    }
  }
}

const DRAFT_END = /\.(\d+)\.[0-9a-f]{32}\.tmp$/u
