/**
 * Credentials shared between runs of `credential-process`, since SDKs run the program anew for every
 * process and AWS allows ten CreateSession calls a second for a whole account.
 *
 * One file for each entry, 0600 in a folder that only its owner may enter, replaced atomically. The
 * credentials lie there in clear, as they would in the shared credentials file: that is why the cache
 * is used only when asked for. A lock makes one process of many fetch, and the others take its result.
 *
 * @module
 */

import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { SessionCredentials } from '../../core/credentials.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { draftOf } from '../../machine/draft.ts'
import { reasonOf } from '../../machine/errno.ts'
import { acquireFileLock, type FileLockPorts } from '../../machine/file-lock.ts'
import {
  entryName,
  entryText,
  isFresh,
  readEntry,
  timeLeft,
  type CacheEntry,
} from './cache-entry.ts'
import { makeCacheFolder, openCacheFolder } from './cache-folder.ts'
import type { ServerClock } from '../server-clock.ts'

export interface CachePorts extends FileLockPorts {
  /** What `fetch` asks learns the server's time by; entries are kept in it. */
  readonly serverClock: ServerClock
  readonly reporter: Reporter
  /** How long one fetch may take without the people that it asks, in milliseconds; default 60,000. */
  readonly fetchMs?: number | undefined
}

/** Below this nothing can be done with credentials before they expire. */
const USABLE_MS = 60_000
const DEFAULT_FETCH_MS = 60_000
/** For whoever fetches and has to type a PIN first: two who do not wait for one another ask twice. */
const PERSON_MS = 120_000
/** Nobody writes for as long: what is older was left by a process that died. */
const DRAFT_STALE_MS = 90_000
const OUR_FILE = /^\.?[0-9a-f]{16}\./u
/** Names under which `keep` and the lock write before they rename or link. */
const DRAFT_FILE = /^\.?[0-9a-f]{16}\..*\.tmp$/u
const ENTRY_FILE = /^[0-9a-f]{16}\.json$/u

/**
 * The entry for a subject while it is fresh, else what `fetch` brings. When `fetch` fails, an entry
 * that is old but still valid is handed out with a warning.
 *
 * @throws whatever `fetch` throws when no valid entry is left; ERR_CONFIG_FILE_PERMISSIONS when others
 *   can reach the folder; ERR_OUTPUT_UNWRITABLE when there can be no folder.
 */
export async function throughCache(
  folder: string,
  subject: string,
  fetch: () => Promise<SessionCredentials>,
  ports: CachePorts,
): Promise<SessionCredentials> {
  const { serverClock } = ports
  using opened = makeCacheFolder(folder)
  const path = join(opened.path, `${entryName(subject)}.json`)
  await using lock = await takeLock(join(opened.path, `${entryName(subject)}.lock`), ports)
  if (lock === undefined) ports.reporter.debug('cache lock not taken', {})
  const entry = readEntry(path, subject)
  if (entry !== undefined && isFresh(entry, ports.clock())) return entry.credentials
  try {
    const credentials = await fetch()
    const fetchedAt = Math.floor(serverClock.now())
    const clockOffsetMs = Math.round(fetchedAt - ports.clock())
    await keep({ subject, credentials, fetchedAt, clockOffsetMs }, path, ports.reporter)
    await sweep(opened.path, ports.clock()).catch(() => undefined)
    return credentials
  } catch (error) {
    if (entry === undefined || timeLeft(entry, ports.clock()) < USABLE_MS) throw error
    const what = error instanceof RolesAnywhereError ? error.code : 'an unknown error'
    ports.reporter.warn(
      `new credentials could not be had (${what}); the cached ones are valid until ${entry.credentials.expiration}`,
    )
    return entry.credentials
  }
}

/** Every readable entry of the folder, expired ones too. */
export async function listEntries(folder: string): Promise<CacheEntry[]> {
  using opened = openCacheFolder(folder)
  if (opened === undefined) return []
  const names = await readdir(opened.path)
  return names
    .filter((name) => ENTRY_FILE.test(name))
    .map((name) => readEntry(join(opened.path, name)))
    .filter((entry) => entry !== undefined)
}

/** Removes every file of ours from the folder; returns how many entries went. */
export async function clearEntries(folder: string): Promise<number> {
  using opened = openCacheFolder(folder)
  if (opened === undefined) return 0
  const ours = (await readdir(opened.path)).filter((name) => OUR_FILE.test(name))
  await Promise.all(ours.map(async (name) => rm(join(opened.path, name), { force: true })))
  return ours.filter((name) => ENTRY_FILE.test(name)).length
}

async function takeLock(path: string, ports: CachePorts): ReturnType<typeof acquireFileLock> {
  try {
    const patienceMs = (ports.fetchMs ?? DEFAULT_FETCH_MS) + PERSON_MS
    return await acquireFileLock(path, { patienceMs, staleMs: patienceMs }, ports)
  } catch (cause) {
    if (ports.signal?.aborted === true) throw cause
    // Without a lock two processes may both fetch: better than none.
    ports.reporter.debug('cache lock failed', { reason: reasonOf(cause) })
    return undefined
  }
}

/** The caller asked for credentials and has them: a full disk must not take them away. */
async function keep(entry: CacheEntry, path: string, reporter: Reporter): Promise<void> {
  const draft = draftOf(path)
  try {
    {
      await using file = await open(draft, 'wx', 0o600)
      await file.writeFile(entryText(entry))
      await file.sync()
    }
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true })
    reporter.warn(`the cache file "${basename(path)}" could not be written (${reasonOf(cause)})`)
  }
}

/** Removes drafts of entries and locks that killed processes left: they may hold credentials. */
async function sweep(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!DRAFT_FILE.test(name)) continue
    const path = join(folder, name)
    if (now - (await stat(path)).mtimeMs > DRAFT_STALE_MS) await rm(path, { force: true })
  }
}
