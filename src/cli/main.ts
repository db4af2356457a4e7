/**
 * From argv to an exit code: the only place that turns an error into a line and a number.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { Flags } from '../settings/given-settings.ts'
import { flagFor } from '../settings/name-setting.ts'
import { readAwsFile } from '../settings/read-aws-file.ts'
import { resolveSettings } from '../settings/resolve-settings.ts'
import type { CommandName } from '../settings/setting-row.ts'
import { COMMANDS, type CommandRow } from './commands.ts'
import type { Invocation } from './invocation.ts'
import { commandFor, readCommandLine, type CommandLine } from './program.ts'
import { createReporter, type CliReporter, type ReporterOptions } from './reporter.ts'
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
  try {
    const line = readCommandLine(system.argv)
    if (line.kind === 'run') return await runCommand(line.name, line, system)
    await system.writeResult(line.text)
    return 0
  } catch (error) {
    return failure(error, system, reporterFor(PLAIN, system))
  }
}

// C ties the settings of a row to what the row executes, which takes no other.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
async function runCommand<C extends CommandName>(
  name: C,
  { runs, operands }: Extract<CommandLine, { kind: 'run' }>,
  system: System,
): Promise<number> {
  const row: CommandRow<C> = COMMANDS[name]
  let reporter = earlyReporter(runs[0], system)
  try {
    const [first, ...furtherRoles] = runs.map((flags) => openRole(name, row, flags, system))
    if (first === undefined) throw new TypeError('a command line has at least one run')
    reporter = first.reporter
    const code = await row.execute({ ...first, furtherRoles, operands, system, commandFor })
    return typeof code === 'number' ? code : 0
  } catch (error) {
    return failure(error, system, reporter)
  }
}

/** The settings of one role, and a reporter that knows where they come from. */
function openRole<C extends CommandName>(
  command: C,
  { examinesSettings }: CommandRow<C>,
  flags: Flags,
  system: System,
): Pick<Invocation<C>, 'settings' | 'reporter' | 'inspect'> {
  const { settings, sources, warnings, nameOf, adviceOn, inspect } = resolveSettings({
    command,
    flags,
    env: system.env,
    platform: system.platform,
    currentFolder: system.currentFolder,
    readFile: readAwsFile,
    isTolerant: examinesSettings,
  })
  const { debug, logFormat: format } = settings
  const reporter = reporterFor({ format, debug, nameOf, adviceOn }, system)
  const said = examinesSettings === true ? [] : warnings
  for (const { message, hint } of said) reporter.warn(message, { hint })
  for (const { name, origin, shown } of debug ? sources : []) {
    reporter.debug('setting', { name, origin, value: shown })
  }
  return { settings, reporter, inspect }
}

function failure(error: unknown, system: System, reporter: CliReporter): number {
  const known = error instanceof RolesAnywhereError ? error : internalError(error)
  reporter.error(known)
  if (system.signal.aborted) return 128 + numberOf(system.signal.reason)
  // Ctrl-C at a prompt comes as a key and not as the signal that it means.
  return known.code === 'ERR_CANCELLED' ? 128 + SIGNALS.SIGINT : known.exitCode
}

/** Numbers of the signals that end a command: signal(7). */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

function numberOf(reason: unknown): number {
  return SIGNALS[reason as keyof typeof SIGNALS]
}

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
  const format = flags['log-format'] === 'json' ? 'json' : 'text'
  return reporterFor({ ...PLAIN, format, debug: flags['debug'] === 'true' }, system)
}

/** Until it is known where settings come from. */
const PLAIN = { format: 'text', debug: false, nameOf: flagFor, adviceOn: () => undefined } as const

function reporterFor(
  options: Omit<ReporterOptions, 'clock' | 'write'>,
  system: System,
): CliReporter {
  return createReporter({
    ...options,
    clock: system.clock,
    write(text) {
      system.writeMessage(text)
    },
  })
}
