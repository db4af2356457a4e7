/**
 * `doctor`: why there are no credentials, one line for each thing that was looked at.
 *
 * @module
 */

import { jsonText, visible } from '../../core/printable.ts'
import { runDoctor, type AreaFinding, type DoctorReport } from '../../doctor/run-doctor.ts'
import { identityOptions, identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'
import type { CliReporter } from '../reporter.ts'

export async function execute(invocation: Invocation<'doctor'>): Promise<number> {
  const { settings, system, reporter, inspect } = invocation
  const { clock, monotonic, schedule, random, wait, signal, env, platform, uid } = system
  const report = await runDoctor(
    {
      settings: identityOptions(settings),
      inspection: await inspect(),
      online: settings.online,
    },
    {
      identity: identityPorts(invocation),
      ...{ clock, monotonic, schedule, random, wait, signal, env, platform, uid, reporter },
    },
  )
  await system.writeResult(settings.json ? jsonOf(report, reporter) : linesOf(report, reporter))
  return report.exitCode
}

function jsonOf({ findings, counts, exitCode }: DoctorReport, reporter: CliReporter): string {
  const checks = findings.map(({ id, area, status, title, found, next, family }) => ({
    ...{ id, area, status, title, family },
    found: reporter.words(found),
    ...(next === undefined ? {} : { next: reporter.words(next) }),
  }))
  return `${jsonText({ checks, counts, exitCode })}\n`
}

function linesOf({ findings, counts }: DoctorReport, reporter: CliReporter): string {
  const areas = Map.groupBy(findings, ({ area }) => area)
  const lines = [...areas].flatMap(([area, ofArea]) => linesOfArea(area, ofArea, reporter))
  const first = findings.find(({ status }) => status === 'problem')
  const sum = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  return [...lines, `${sum.join(', ')}${first === undefined ? '' : `; begin with ${first.id}`}`]
    .map((line) => `${visible(line)}\n`)
    .join('')
}

/** One line for each check; one for all of them, where none was asked for one and the same reason. */
function linesOfArea(
  area: string,
  findings: readonly AreaFinding[],
  reporter: CliReporter,
): readonly string[] {
  const reasons = new Set(findings.map(({ status, found }) => status === 'skipped' && found))
  const [reason] = reasons
  return typeof reason === 'string' && reasons.size === 1
    ? [`${'skipped'.padEnd(STATUS_WIDTH)}${area}: ${reason}`]
    : findings.flatMap((finding) => linesOfFinding(finding, reporter))
}

function linesOfFinding(
  { status, id, title, found, next }: AreaFinding,
  reporter: CliReporter,
): readonly string[] {
  const line = `${status.padEnd(STATUS_WIDTH)}${id}: ${title}: ${reporter.words(found)}`
  return next === undefined
    ? [line]
    : [line, `${' '.repeat(STATUS_WIDTH)}next: ${reporter.words(next)}`]
}

const STATUS_WIDTH = 'problem'.length + 2
