/**
 * `status`: what a running `serve` has and how long it lasts.
 *
 * The exit code is 0 when every role has valid credentials, else 1.
 *
 * @module
 */

import { jsonText, visible } from '../../core/printable.ts'
import { fetchStatus } from '../../outputs/endpoint/fetch-status.ts'
import type { RoleReport } from '../../outputs/endpoint/status-report.ts'
import type { Invocation } from '../invocation.ts'

const DEFAULT_PORT = 9911

export async function execute({ settings, system }: Invocation<'status'>): Promise<number> {
  const report = await fetchStatus(settings.bind, settings.port ?? DEFAULT_PORT)
  const now = system.clock()
  await system.writeResult(
    settings.json
      ? `${jsonText(report)}\n`
      : report.roles.map((role) => describe(role, now)).join('\n'),
    // The exit code says the most important of it.
    { mayBeLost: true },
  )
  return report.roles.every((role) => role.credentialsExpire !== null) ? 0 : 1
}

/** Whoever took the port may have written it. */
function describe(role: RoleReport, now: number): string {
  const { lastError } = role
  const lines = [
    `profile ${role.profile}`,
    `  role          ${role.roleArn}`,
    `  credentials   ${until(role.credentialsExpire, now) ?? 'none that are valid'}`,
    `  certificate   ${until(role.certificateExpires, now) ?? ''}`,
    `  last refresh  ${role.lastRefresh ?? 'never'}`,
    `  next refresh  ${role.nextTry}`,
    `  refreshes     ${role.refreshes}, failures ${Object.values(role.failures).reduce((a, b) => a + b, 0)}`,
    `  last error    ${lastError === null ? 'none' : `${lastError.at} ${lastError.code}: ${lastError.message}`}`,
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

function until(instant: string | null, now: number): string | undefined {
  if (instant === null) return undefined
  const minutes = Math.floor((Date.parse(instant) - now) / 60_000)
  const left = minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
  return `valid to ${instant} (${left} left)`
}
