/**
 * `cache list`: what the credential cache holds, without secrets: a table on a terminal, else JSON lines.
 *
 * @module
 */

import { timeLeft, type CacheEntry } from '../../session/cache/cache-entry.ts'
import { listEntries } from '../../session/cache/credential-cache.ts'
import { painter, type Paint } from '../people/paint.ts'
import { relativeInWords, spanInWords } from '../people/span.ts'
import { table, type Cell } from '../people/table.ts'
import { cacheFolder } from '../private-folders.ts'
import type { Invocation } from '../invocation.ts'

export async function execute({ settings, system }: Invocation<'cache list'>): Promise<void> {
  const entries = await listEntries(cacheFolder(settings, system))
  const now = system.clock()
  const isTerminal = await system.isResultTerminal()
  await system.writeResult(
    settings.json || !isTerminal
      ? entries.map((entry) => jsonLine(entry, now)).join('')
      : forPeople(entries, now, painter(isTerminal, system.env)),
  )
}

function jsonLine(entry: CacheEntry, now: number): string {
  const { credentials, fetchedAt } = entry
  const line = JSON.stringify({
    roleArn: credentials.roleArn,
    accessKeyId: credentials.accessKeyId,
    fetched: new Date(fetchedAt).toISOString(),
    expiration: credentials.expiration,
    expired: timeLeft(entry, now) <= 0,
  })
  return `${line}\n`
}

function forPeople(entries: readonly CacheEntry[], now: number, paint: Paint): string {
  if (entries.length === 0) return 'the cache is empty\n'
  const rows = entries.map((entry): readonly Cell[] => {
    const left = timeLeft(entry, now)
    return [
      { text: entry.credentials.accessKeyId },
      left > 0
        ? { text: `${spanInWords(left)} left`, colour: 'green' }
        : { text: `expired ${spanInWords(-left)} ago`, colour: 'red' },
      // Times of entries are the server's.
      { text: relativeInWords(entry.fetchedAt, now + entry.clockOffsetMs) },
      { text: entry.credentials.roleArn },
    ]
  })
  return table(['ACCESS KEY', 'VALID', 'FETCHED', 'ROLE'], rows, paint)
}
