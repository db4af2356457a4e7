/**
 * `credential-process`: credentials as the JSON that SDKs read.
 *
 * @module
 */

import { credentialProcessJson } from '../../outputs/credential-process.ts'
import { obtainCredentials } from '../obtain-credentials.ts'
import type { Invocation } from '../invocation.ts'

export async function execute(invocation: Invocation<'credential-process'>): Promise<void> {
  const credentials = await obtainCredentials(invocation)
  await invocation.system.writeResult(credentialProcessJson(credentials))
}
