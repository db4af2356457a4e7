/**
 * One entry of the credential cache: its name, its file, and when it is fresh.
 *
 * Every run of `credential-process --cache` passes here, and mostly through nothing else, so this file
 * is synchronous and loads no more of Node than the file system: `node:crypto` alone would cost a
 * quarter of an empty Node start.
 *
 * @module
 */

import { SessionCredentials } from '../../core/credentials.ts'
import { readBoundedSync, type ReadRules } from '../../machine/bounded-read.ts'

/** Everything that decides which credentials AWS would give. Never a secret. */
export type CacheSubject = Readonly<Record<string, string | number | undefined>>

export interface CacheEntry {
  /** `subjectText` of what the credentials are for. */
  readonly subject: string
  readonly credentials: SessionCredentials
  /** Milliseconds since the epoch, in the server's time. */
  readonly fetchedAt: number
  /** Server's clock minus ours when the entry was written, in milliseconds. */
  readonly clockOffsetMs: number
}

/**
 * The AWS CLI and boto3 fetch again on every request once less than 15 minutes are left, so handing
 * out less would make the cache useless to them; one minute more covers their own run.
 */
const FRESH_MS = 16 * 60_000
const MAX_ENTRY_BYTES = 1_048_576

/** Parts are not confused with one another: names, values and absence are all in the text. */
export function subjectText(subject: CacheSubject): string {
  const ordered = Object.entries(subject).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(ordered.map(([name, value]) => [name, value ?? null]))
}

/**
 * The file name for a subject, without its extension. It only has to spread well: an entry holds its
 * whole subject, so a name that two subjects share costs a fetch and gives nobody the other's
 * credentials.
 *
 * @see FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ (two lanes of 32 bits, each with its own start)
 */
export function entryName(subject: string): string {
  let first = 0x811c9dc5
  let second = 0x9e3779b9
  for (let index = 0; index < subject.length; index += 1) {
    const code = subject.charCodeAt(index)
    first = Math.imul(first ^ code, FNV_PRIME)
    second = Math.imul(second ^ code, FNV_PRIME)
  }
  return hex(first) + hex(second)
}

const FNV_PRIME = 0x01000193

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}

/**
 * The entry in a file, or undefined: absent, unreadable, damaged and foreign are all the same to a
 * cache.
 */
export function readEntry(path: string, subject?: string): CacheEntry | undefined {
  try {
    const { bytes, stats } = readBoundedSync(path, ENTRY_RULES)
    const own = process.geteuid?.()
    if (own !== undefined && Number(stats.uid) !== own) return undefined
    if (own !== undefined && (stats.mode & 0o077n) !== 0n) return undefined
    const entry = parseEntry(bytes.toString('utf8'))
    return subject === undefined || entry?.subject === subject ? entry : undefined
  } catch {
    return undefined
  }
}

const ENTRY_RULES: ReadRules = {
  maxBytes: MAX_ENTRY_BYTES,
  mayBeLink: false,
  fail: ({ kind }) => new Error(kind),
}

export function entryText(entry: CacheEntry): string {
  const { subject, credentials, fetchedAt, clockOffsetMs } = entry
  return JSON.stringify({
    subject,
    fetchedAt,
    clockOffsetMs,
    expiresAt: credentials.expiresAt,
    roleArn: credentials.roleArn,
    accountId: credentials.accountId,
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
  })
}

/**
 * More than 16 minutes left, or more than half of a session that is shorter than 32.
 *
 * @param clock our own, in milliseconds since the epoch; it is taken to be as wrong as it was when the
 *   entry was written. Where it has been mended since, the entry looks old or from the future: it is
 *   fetched again, once.
 */
export function isFresh(entry: CacheEntry, clock: number): boolean {
  const lifetime = entry.credentials.expiresAt - entry.fetchedAt
  // A clock that was set back makes an entry look younger than it is: never trust one from the future.
  const isFromFuture = entry.fetchedAt > clock + entry.clockOffsetMs + 1000
  return !isFromFuture && timeLeft(entry, clock) > Math.min(FRESH_MS, lifetime / 2)
}

/** Milliseconds until the credentials of an entry expire; 0 or less when they have. */
export function timeLeft({ credentials, clockOffsetMs }: CacheEntry, clock: number): number {
  return credentials.expiresAt - (clock + clockOffsetMs)
}

function parseEntry(text: string): CacheEntry | undefined {
  const value = JSON.parse(text) as Record<string, unknown>
  const { subject, accessKeyId, secretAccessKey, sessionToken, accountId, roleArn } = value
  const { expiresAt, fetchedAt, clockOffsetMs } = value
  const texts = [subject, accessKeyId, secretAccessKey, sessionToken, accountId, roleArn]
  if (!texts.every((part) => typeof part === 'string' && part !== '')) return undefined
  if (![expiresAt, fetchedAt].every(isInstant)) return undefined
  if (!Number.isSafeInteger(clockOffsetMs)) return undefined
  return {
    subject: subject as string,
    fetchedAt: fetchedAt as number,
    clockOffsetMs: clockOffsetMs as number,
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

/** Milliseconds since the epoch that a date has: of the year 9999 at most. */
function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && 0 <= Number(value) && Number(value) <= LAST_INSTANT
}

const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59)
