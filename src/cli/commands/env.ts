/**
 * `env`: credentials as lines for a shell.
 *
 * @module
 */

import { credentialVariables, shellLines } from '../../outputs/environment.ts'
import type { Invocation } from '../invocation.ts'
import { obtainCredentials } from '../obtain-credentials.ts'

export async function execute(invocation: Invocation<'env'>): Promise<void> {
  const credentials = await obtainCredentials(invocation)
  const { settings, system } = invocation
  await system.writeResult(shellLines(credentialVariables(credentials), settings.shell))
}
