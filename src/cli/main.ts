/**
 * From argv to an exit code: the only place that turns an error into a line and a number.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { Flags } from '../settings/given-settings.ts'
import { readAwsFile } from '../settings/read-aws-file.ts'
import { resolveSettings } from '../settings/resolve-settings.ts'
import { parseArguments } from './parse-arguments.ts'
import { flagFor } from '../settings/name-setting.ts'
import { createReporter, type CliReporter, type LogFormat } from './reporter.ts'
import { nodeSystem, type System } from './system.ts'

/** Runs the program in the real world. */
export async function run(): Promise<number> {
  return await main(nodeSystem())
}

/**
 * Runs one command to its end.
 *
 * @returns the exit code: 0, that of the error's family, or 128 + n after signal n.
 */
export async function main(system: System): Promise<number> {
  // Until the settings are known, errors are printed in the plain form.
  let reporter = createReporter({ ...reporterPorts(system), format: 'text', debug: false })
  try {
    const parsed = await parseArguments(system.argv)
    if (parsed.kind === 'help') {
      const { helpText } = await import('./help.ts')
      await system.writeResult(helpText(parsed.topic))
      return 0
    }
    const [flags, ...furtherFlags] = parsed.runs
    reporter = earlyReporter(flags, system)
    const resolve = (of: Flags) =>
      resolveSettings({
        command: parsed.row.name,
        flags: of,
        env: system.env,
        platform: system.platform,
        readFile: readAwsFile,
      })
    const resolved = resolve(flags)
    const further = furtherFlags.map(resolve)
    const { settings } = resolved
    reporter = createReporter({
      ...reporterPorts(system),
      format: settings.logFormat,
      debug: settings.debug,
    })
    for (const { warnings, sources } of [resolved, ...further]) {
      for (const { message, hint } of warnings) {
        reporter.warn(message, hint === undefined ? {} : { hint })
      }
      if (!settings.debug) continue
      for (const { name, origin, shown } of sources) {
        reporter.debug('setting', { name, origin, value: shown })
      }
    }
    const command = await parsed.row.load()
    const furtherSettings = further.map((run) => run.settings)
    const { operands } = parsed
    const code = await command.execute({ settings, furtherSettings, operands, system, reporter })
    return typeof code === 'number' ? code : 0
  } catch (error) {
    return failure(error, system, reporter)
  }
}

function failure(error: unknown, system: System, reporter: CliReporter): number {
  const known = error instanceof RolesAnywhereError ? error : internalError(error)
  reporter.error(known)
  if (system.signal.aborted) return 128 + (system.signal.reason === 'SIGINT' ? SIGINT : SIGTERM)
  // Ctrl-C at a prompt comes as a key and not as the signal that it means.
  return known.code === 'ERR_CANCELLED' ? 128 + SIGINT : known.exitCode
}

const SIGINT = 2
const SIGTERM = 15

/** A bug of ours. The message may hold anything, so it is shown only among the causes, with --debug. */
function internalError(cause: unknown): RolesAnywhereError {
  const name = cause instanceof Error ? cause.name : typeof cause
  return new RolesAnywhereError('ERR_INTERNAL', `an unexpected ${name} happened`, {
    hint: 'please report it, with what --debug shows',
    cause,
  })
}

/** Settings that cannot be read are reported in the form that the flags, at least, ask for. */
function earlyReporter(flags: Flags, system: System): CliReporter {
  const format: LogFormat = flags['log-format'] === 'json' ? 'json' : 'text'
  return createReporter({ ...reporterPorts(system), format, debug: flags['debug'] === true })
}

function reporterPorts(
  system: System,
): Pick<Parameters<typeof createReporter>[0], 'clock' | 'write' | 'nameOf'> {
  return {
    nameOf: flagFor,
    clock: system.clock,
    write(text) {
      system.writeMessage(text)
    },
  }
}
