/**
 * Whether files have changed: a version to compare, and events where the system offers them.
 *
 * A folder stands for the files in it, of which each may be overwritten where it is.
 *
 * @see inotify(7), which Node's `watch` is made of here
 * @module
 */

import { statSync, watch, type BigIntStats, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '../machine/errno.ts'

/** A folder that holds more is not one that was made for certificates and keys. */
const MAX_FILES = 1_024

/**
 * Changes when any of the files is written, replaced, added, removed, or reached through another link.
 * Files that nobody can look at have a version too.
 */
export async function versionOf(paths: readonly string[]): Promise<string> {
  const versions = await Promise.all(paths.map(async (path) => versionOfPath(path)))
  return versions.join(' ')
}

async function versionOfPath(path: string): Promise<string> {
  const own = await look(path)
  if (typeof own === 'string') return own
  if (!own.isDirectory()) return text(own)
  const names = await readdir(path).catch(() => [])
  const files = await Promise.all(
    names
      .sort()
      .slice(0, MAX_FILES)
      .map(async (name) => {
        const file = await look(join(path, name))
        return `${JSON.stringify(name)}=${typeof file === 'string' ? file : text(file)}`
      }),
  )
  return [text(own), ...files].join(',')
}

/** Stats through every link, or the reason why there are none. */
async function look(path: string): Promise<BigIntStats | string> {
  return stat(path, { bigint: true }).catch((error: unknown) => errnoOf(error) ?? 'unknown')
}

function text({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(':')
}

/**
 * Calls `onEvent` when something happens in the folders of these paths. It is a favour: network file
 * systems and swapped links give no events.
 *
 * @returns what ends it.
 */
export function watchPaths(paths: readonly string[], onEvent: () => void): () => void {
  const watchers: FSWatcher[] = []
  for (const folder of new Set(paths.map(folderOf))) {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent)
      watcher.on('error', () => {
        watcher.close()
      })
      watchers.push(watcher)
    } catch {
      // Looking again and again goes on without it.
    }
  }
  return () => {
    for (const watcher of watchers) watcher.close()
  }
}

function folderOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? path : dirname(path)
  } catch {
    return dirname(path)
  }
}
