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

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionCredentials } from '../../core/credentials.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { acquireFileLock, type FileLockPorts } from '../file-lock.ts'

export interface CachePorts extends FileLockPorts {
  readonly reporter: Reporter
}

export interface CacheEntry {
  readonly key: string
  readonly credentials: SessionCredentials
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number
}

/**
 * The AWS CLI and boto3 fetch again on every request once less than 15 minutes are left, so handing
 * out less would make the cache useless to them; one minute more covers their own run.
 */
const FRESH_MS = 16 * 60_000
/** Below this nothing can be done with credentials before they expire. */
const USABLE_MS = 60_000
/** Longer than one fetch may take, so that a lock this old was left by a process that died. */
const LOCK_STALE_MS = 90_000
const LOCK_PATIENCE_MS = 65_000
const MAX_ENTRY_BYTES = 65_536
const ENTRY_NAME = /^(?<key>[0-9a-f]{64})\.json$/u

/**
 * The entry for `key` while it is fresh, else what `fetch` brings. When `fetch` fails, an entry that
 * is old but still valid is handed out with a warning.
 *
 * @param key 64 hexadecimal digits, from `cacheKey`.
 * @throws whatever `fetch` throws when no valid entry is left; ERR_CONFIG_FILE_PERMISSIONS when others
 *   can reach the folder.
 */
export async function throughCache(
  folder: string,
  key: string,
  fetch: () => Promise<SessionCredentials>,
  ports: CachePorts,
): Promise<SessionCredentials> {
  await makePrivateFolder(folder)
  const found = await readEntry(folder, key)
  if (found !== undefined && isFresh(found, ports)) return hit(found, ports)
  await using lock = await acquireFileLock(
    join(folder, `${key}.lock`),
    { patienceMs: LOCK_PATIENCE_MS, staleMs: LOCK_STALE_MS },
    ports,
  )
  if (lock === undefined) ports.reporter.debug('cache lock not taken', { key: key.slice(0, 8) })
  const again = await readEntry(folder, key)
  if (again !== undefined && isFresh(again, ports)) return hit(again, ports)
  try {
    const credentials = await fetch()
    await writeEntry(folder, { key, credentials, fetchedAt: ports.clock() }).catch(
      (cause: unknown) => {
        // The caller asked for credentials and has them: a full disk must not take them away.
        const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
        ports.reporter.warn(`the cache in "${folder}" could not be written (${reason})`)
      },
    )
    return credentials
  } catch (error) {
    if (again === undefined || again.credentials.expiresAt - ports.clock() < USABLE_MS) throw error
    const what = error instanceof RolesAnywhereError ? error.code : 'unknown error'
    ports.reporter.warn(
      `new credentials could not be had (${what}); the cached ones are valid until ${again.credentials.expiration}`,
    )
    return again.credentials
  }
}

/** Every readable entry of the folder, expired ones too. */
export async function listEntries(folder: string): Promise<CacheEntry[]> {
  const names = await readdir(folder).catch(() => [])
  const keys = names.flatMap((name) => ENTRY_NAME.exec(name)?.groups?.['key'] ?? [])
  const entries = await Promise.all(keys.map(async (key) => readEntry(folder, key)))
  return entries.filter((entry) => entry !== undefined)
}

/** Removes every file of ours from the folder; returns how many entries went. */
export async function clearEntries(folder: string): Promise<number> {
  const ours = (await readdir(folder).catch(() => [])).filter((name) =>
    /^[0-9a-f]{64}\./u.test(name),
  )
  await Promise.all(ours.map((name) => rm(join(folder, name), { force: true })))
  return ours.filter((name) => ENTRY_NAME.test(name)).length
}

function hit(entry: CacheEntry, ports: CachePorts): SessionCredentials {
  ports.reporter.debug('cache hit', {
    key: entry.key.slice(0, 8),
    expiration: entry.credentials.expiration,
  })
  return entry.credentials
}

/** More than 16 minutes left, or more than half of a session that is shorter than 32. */
function isFresh({ credentials, fetchedAt }: CacheEntry, { clock }: CachePorts): boolean {
  const lifetime = credentials.expiresAt - fetchedAt
  // A clock that was set back makes an entry look younger than it is: never trust one from the future.
  return (
    fetchedAt <= clock() + 1000 &&
    credentials.expiresAt - clock() > Math.min(FRESH_MS, lifetime / 2)
  )
}

/** Checked before anything is read, too: credentials that another user planted are worse than none. */
async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await stat(folder)
  const own = process.getuid?.()
  if ((mode & 0o077) !== 0 || (own !== undefined && uid !== own)) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_FILE_PERMISSIONS',
      `the cache folder "${folder}" can be reached by other users (mode ${(mode & 0o7777).toString(8)}, uid ${uid})`,
      { hint: `run: chmod 700 "${folder}", or name another one with --cache-dir` },
    )
  }
}

async function readEntry(folder: string, key: string): Promise<CacheEntry | undefined> {
  try {
    const text = await readFile(join(folder, `${key}.json`), 'utf8')
    return text.length > MAX_ENTRY_BYTES ? undefined : parseEntry(key, text)
  } catch {
    // Absent, unreadable or damaged: all the same to a cache.
    return undefined
  }
}

function parseEntry(key: string, text: string): CacheEntry | undefined {
  const value = JSON.parse(text) as Record<string, unknown>
  const { accessKeyId, secretAccessKey, sessionToken, accountId, roleArn } = value
  const { expiresAt, fetchedAt } = value
  const texts = [accessKeyId, secretAccessKey, sessionToken, accountId, roleArn]
  if (!texts.every((part) => typeof part === 'string' && part !== '')) return undefined
  if (!Number.isSafeInteger(expiresAt) || !Number.isSafeInteger(fetchedAt)) return undefined
  return {
    key,
    fetchedAt: fetchedAt as number,
    credentials: new SessionCredentials({
      accessKeyId: accessKeyId as string,
      secretAccessKey: secretAccessKey as string,
      sessionToken: sessionToken as string,
      accountId: accountId as string,
      roleArn: roleArn as string,
      expiresAt: expiresAt as number,
    }),
  }
}

async function writeEntry(folder: string, entry: CacheEntry): Promise<void> {
  const { credentials, fetchedAt } = entry
  const text = JSON.stringify({
    fetchedAt,
    expiresAt: credentials.expiresAt,
    roleArn: credentials.roleArn,
    accountId: credentials.accountId,
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
  })
  const draft = join(folder, `${entry.key}.${randomBytes(8).toString('hex')}.tmp`)
  try {
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(draft, join(folder, `${entry.key}.json`))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
