/**
 * One session by the profile that was just written, read from the file as any other program reads it.
 *
 * @module
 */

import { readAwsFile } from '../../settings/read-aws-file.ts'
import { resolveSettings } from '../../settings/resolve-settings.ts'
import type { Invocation } from '../invocation.ts'
import { obtainCredentials } from '../obtain-credentials.ts'

/** @returns what to tell of it; throws as a run of `credential-process` does. */
export async function tryProfile(
  profile: string,
  { system, reporter }: Invocation<'configure'>,
): Promise<string> {
  const { settings } = resolveSettings({
    command: 'credential-process',
    flags: { profile },
    env: system.env,
    platform: system.platform,
    currentFolder: system.currentFolder,
    readFile: readAwsFile,
  })
  const { expiration } = await obtainCredentials({ settings, system, reporter })
  return `it works: credentials of ${settings.roleArn.text} until ${expiration}\n`
}
