/**
 * `cache clear`: removes every entry of the credential cache.
 *
 * @module
 */

import { clearEntries } from '../../session/cache/credential-cache.ts'
import { cacheFolder } from '../private-folders.ts'
import type { Invocation } from '../invocation.ts'

export async function execute({ settings, system }: Invocation<'cache clear'>): Promise<void> {
  const removed = await clearEntries(cacheFolder(settings, system))
  await system.writeResult(`${JSON.stringify({ removed })}\n`)
}
