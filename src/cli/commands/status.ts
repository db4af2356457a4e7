/**
 * `status`: what a running `serve` has and how long it lasts: a table on a terminal, else JSON.
 *
 * The exit code is 0 when every role has valid credentials, else 1.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { jsonText, visible } from '../../core/printable.ts'
import { fetchStatus } from '../../outputs/endpoint/fetch-status.ts'
import type { RoleReport, StatusReport } from '../../outputs/endpoint/status-report.ts'
import { painter, type Paint } from '../people/paint.ts'
import { relativeInWords, spanInWords } from '../people/span.ts'
import { table, type Cell } from '../people/table.ts'
import type { Invocation } from '../invocation.ts'

const DEFAULT_PORT = 9911
const WATCH_EVERY_MS = 2000
/** ECMA-48: the cursor to the upper left, and nothing on the screen. */
const CLEAR = '\u001b[H\u001b[2J'

export async function execute(invocation: Invocation<'status'>): Promise<number> {
  return invocation.settings.watch ? await watch(invocation) : await once(invocation)
}

async function once(invocation: Invocation<'status'>): Promise<number> {
  const { settings, system } = invocation
  const report = await fetchStatus(settings.bind, settings.port ?? DEFAULT_PORT)
  // The exit code says the most important of it.
  await system.writeResult(await shown(report, invocation), { mayBeLost: true })
  return exitCodeOf(report)
}

/** Again and again until it is told to end. */
async function watch(invocation: Invocation<'status'>): Promise<number> {
  const { system } = invocation
  for (;;) {
    const exitCode = await look(invocation)
    try {
      await system.wait(WATCH_EVERY_MS, system.signal)
    } catch {
      return exitCode
    }
  }
}

/** A `serve` that is away for a while is waited for. */
async function look(invocation: Invocation<'status'>): Promise<number> {
  const { settings, system, reporter } = invocation
  try {
    const report = await fetchStatus(settings.bind, settings.port ?? DEFAULT_PORT)
    const text = await shown(report, invocation)
    const isScreen = !settings.json && (await system.isResultTerminal())
    await system.writeResult(isScreen ? CLEAR + text : text)
    return exitCodeOf(report)
  } catch (error) {
    const isAway = error instanceof RolesAnywhereError && error.code === 'ERR_NETWORK_CONNECT'
    if (!isAway) throw error
    reporter.warn(error.wording.message)
    return 1
  }
}

function exitCodeOf({ roles }: StatusReport): number {
  return roles.every((role) => role.credentialsExpire !== null) ? 0 : 1
}

async function shown(
  report: StatusReport,
  { settings, system }: Invocation<'status'>,
): Promise<string> {
  const isTerminal = await system.isResultTerminal()
  if (settings.json || !isTerminal) return `${jsonText(report)}\n`
  return forPeople(report.roles, system.clock(), painter(isTerminal, system.env))
}

/** Whoever took the port may have written it. */
function forPeople(roles: readonly RoleReport[], now: number, paint: Paint): string {
  const headings = ['PROFILE', 'CREDENTIALS', 'NEXT REFRESH', 'REFRESHES', 'CERTIFICATE', 'ROLE']
  const rows = roles.map((role): readonly Cell[] => [
    { text: role.profile },
    validity(role.credentialsExpire, now),
    { text: relativeInWords(Date.parse(role.nextTry), now) },
    refreshes(role),
    validity(role.certificateExpires, now),
    { text: role.roleArn },
  ])
  const errors = roles.map(({ profile, lastError }) => {
    if (lastError === null) return ''
    const at = relativeInWords(Date.parse(lastError.at), now)
    const line = visible(`${profile}: ${lastError.code}, ${at}: ${lastError.message}`)
    return `${paint('yellow', 'last error of')} ${line}\n`
  })
  return table(headings, rows, paint) + errors.join('')
}

function validity(instant: string | null, now: number): Cell {
  const left = instant === null ? 0 : Date.parse(instant) - now
  return left > 0
    ? { text: `${spanInWords(left)} left`, colour: 'green' }
    : { text: instant === null ? 'none' : 'expired', colour: 'red' }
}

function refreshes({ refreshes, failures }: RoleReport): Cell {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
  return failed === 0
    ? { text: String(refreshes) }
    : { text: `${refreshes}, ${failed} failed`, colour: 'yellow' }
}
