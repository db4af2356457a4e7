/**
 * The doctor on the profile that was just written, which reads it from the file as any other program does.
 *
 * @module
 */

import { createReporter } from '../reporter.ts'
import { readAwsFile } from '../../settings/read-aws-file.ts'
import { resolveSettings } from '../../settings/resolve-settings.ts'
import { execute as examine } from '../commands/doctor.ts'
import type { Invocation } from '../invocation.ts'

/**
 * Prints what the doctor finds; with `test` it asks AWS for one session too.
 *
 * @returns the doctor's exit code
 */
export async function examineProfile(
  profile: string,
  { settings: { test, debug, logFormat }, system, commandFor }: Invocation<'configure'>,
): Promise<number> {
  const { settings, nameOf, adviceOn, inspect } = resolveSettings({
    command: 'doctor',
    flags: { profile, ...(test ? { online: 'true' } : {}) },
    env: system.env,
    platform: system.platform,
    currentFolder: system.currentFolder,
    readFile: readAwsFile,
    isTolerant: true,
  })
  const reporter = createReporter({
    ...{ format: logFormat, debug, nameOf, adviceOn },
    clock: system.clock,
    write(text) {
      system.writeMessage(text)
    },
  })
  const nothingElse = { furtherRoles: [], operands: [] }
  return examine({ settings, system, reporter, inspect, commandFor, ...nothingElse })
}
