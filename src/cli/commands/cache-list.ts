/**
 * `cache list`: what the credential cache holds, as JSON lines, without secrets.
 *
 * @module
 */

import { timeLeft } from '../../session/cache/cache-entry.ts'
import { listEntries } from '../../session/cache/credential-cache.ts'
import { cacheFolder } from '../private-folders.ts'
import type { Invocation } from '../invocation.ts'

export async function execute({ settings, system }: Invocation<'cache list'>): Promise<void> {
  const entries = await listEntries(cacheFolder(settings, system))
  const lines = entries.map((entry) => {
    const { credentials, fetchedAt } = entry
    return JSON.stringify({
      roleArn: credentials.roleArn,
      accessKeyId: credentials.accessKeyId,
      fetched: new Date(fetchedAt).toISOString(),
      expiration: credentials.expiration,
      expired: timeLeft(entry, system.clock()) <= 0,
    })
  })
  await system.writeResult(lines.map((line) => `${line}\n`).join(''))
}
