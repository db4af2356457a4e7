/**
 * Lines for people (or programs, with `--log-format json`) on stderr.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { hideSecrets } from '../core/hide-secrets.ts'
import type { Clock, Reporter, ReportFields } from '../core/ports.ts'
import { jsonText, visible } from '../core/printable.ts'
import { inWords, type NameOf, type Wording } from '../core/wording.ts'
import { errnoOf } from '../machine/errno.ts'

export type LogFormat = 'text' | 'json'

export interface ReporterOptions {
  readonly format: LogFormat
  readonly debug: boolean
  readonly clock: Clock
  /** What the user of this command line calls a setting. */
  readonly nameOf: NameOf
  /** A further hint for a failure, where there is one. */
  readonly adviceOn: (error: RolesAnywhereError) => string | undefined
  write(text: string): void
}

/** A `Reporter` that can also print the failure which ends the program. */
export interface CliReporter extends Reporter {
  error(error: RolesAnywhereError): void
  /** A sentence in the names that settings have here; no secret is in it. */
  words(wording: Wording): string
  /** What `work` comes to; a failure in the names that settings have here, for another reporter. */
  inItsNames<T>(work: Promise<T>): Promise<T>
}

export const PROGRAM = 'rolesanywhere'

export function createReporter(options: ReporterOptions): CliReporter {
  const line = options.format === 'json' ? jsonLine(options.clock) : textLine
  return {
    isDebug: options.debug,
    warn(message, { hint } = {}) {
      const fields = hint === undefined ? {} : { hint: inWords(hint, options.nameOf) }
      options.write(line('warning', inWords(message, options.nameOf), fields))
    },
    debug(step, fields) {
      if (options.debug) options.write(line('debug', step, withoutPins(fields)))
    },
    error(error) {
      const { message, hint } = inUsersWords(error, options)
      options.write(
        line('error', message, { code: error.code, ...(hint === undefined ? {} : { hint }) }),
      )
      if (!options.debug) return
      for (const cause of causes(error)) {
        options.write(line('debug', 'cause', withoutPins({ cause })))
      }
    },
    words: (wording) => inWords(wording, options.nameOf),
    async inItsNames(work) {
      try {
        return await work
      } catch (error) {
        if (!(error instanceof RolesAnywhereError)) throw error
        const { code, detail, cause } = error
        const { message, hint } = inUsersWords(error, options)
        const named = new RolesAnywhereError(code, message, { hint, detail, cause })
        IN_ITS_NAMES.add(named)
        throw named
      }
    },
  }
}

/** Errors that say all there is to say. */
const IN_ITS_NAMES = new WeakSet<RolesAnywhereError>()

/** Message and hint, with what the places of settings have to do with it. */
function inUsersWords(
  error: RolesAnywhereError,
  { nameOf, adviceOn }: ReporterOptions,
): { readonly message: string; readonly hint: string | undefined } {
  const { message, hint } = error.inNamesOf(nameOf)
  if (IN_ITS_NAMES.has(error)) return { message, hint }
  const hints = [hint, adviceOn(error)].filter((one) => one !== undefined)
  return { message, hint: hints.length === 0 ? undefined : hints.join('; ') }
}

type Level = 'warning' | 'debug' | 'error'
type Line = (level: Level, message: string, fields: ReportFields) => string

const textLine: Line = (level, message, { hint, ...fields }) => {
  const tail =
    level === 'error'
      ? ` [${String(fields['code'])}]`
      : Object.entries(fields)
          .map(([name, value]) => ` ${name}=${visible(String(value))}`)
          .join('')
  const head = `${PROGRAM}: ${level}: ${visible(message)}${tail}\n`
  return hint === undefined ? head : `${head}hint: ${visible(String(hint))}\n`
}

function jsonLine(clock: Clock): Line {
  return (level, message, fields) => {
    const time = new Date(clock()).toISOString()
    return `${jsonText({ time, level, message, ...fields })}\n`
  }
}

/** Fields quote what a user wrote, and causes what the system was asked for. */
function withoutPins(fields: ReportFields): ReportFields {
  const hidden = Object.entries(fields).map(([name, field]) => [
    name,
    typeof field === 'string' ? hideSecrets(field) : field,
  ])
  return Object.fromEntries(hidden) as ReportFields
}

/** The chain of causes, one line each: names and codes, with passwords inside URLs taken out. */
function causes(error: Error): string[] {
  const lines: string[] = []
  for (let cause = error.cause; cause instanceof Error && lines.length < 8; cause = cause.cause) {
    const errno = errnoOf(cause)
    const code = errno === undefined ? '' : ` ${errno}`
    lines.push(`${cause.name}${code}: ${cause.message}`.replaceAll(/\/\/[^/@\s]*@/gu, '//***@'))
  }
  return lines
}
