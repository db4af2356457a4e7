/**
 * State of the endpoint for monitors, as Prometheus text.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

import type { ServedRole } from './served-role.ts'

/** Responses so far, by route and status. */
export type RequestCounts = ReadonlyMap<string, number>

export function prometheusText(
  roles: readonly ServedRole[],
  requests: RequestCounts,
  version: string,
): string {
  const statuses = roles.map((role) => ({ role, label: label(role), status: role.status() }))
  return [
    ...metric('build_info', 'gauge', 'Version of this program', [
      [`version="${escapeLabel(version)}"`, 1],
    ]),
    ...metric(
      'certificate_expiry_timestamp_seconds',
      'gauge',
      'End of the validity of the certificate in use',
      statuses.map(({ role, label: of }) => [of, seconds(role.certificateExpiresAt())]),
    ),
    ...metric(
      'credentials_expiry_timestamp_seconds',
      'gauge',
      'Expiry of the credentials at hand, 0 when there are none that are valid',
      statuses.map(({ label: of, status }) => [of, seconds(status.expiresAt ?? 0)]),
    ),
    ...metric(
      'last_refresh_timestamp_seconds',
      'gauge',
      'Time of the last successful refresh, 0 before the first',
      statuses.map(({ label: of, status }) => [of, seconds(status.lastSuccessAt ?? 0)]),
    ),
    ...metric(
      'refreshes_total',
      'counter',
      'Successful refreshes',
      statuses.map(({ label: of, status }) => [of, status.refreshes]),
    ),
    ...metric(
      'refresh_failures_total',
      'counter',
      'Failed refreshes by error code',
      statuses.flatMap(({ label: of, status }) =>
        [...status.failures].map(([code, count]) => [`${of},code="${code}"`, count] as const),
      ),
    ),
    ...metric('requests_total', 'counter', 'Responses by route and status', [...requests]),
    '',
  ].join('\n')
}

function metric(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string[] {
  const full = `rolesanywhere_${name}`
  const lines = samples.map(([labels, value]) => `${full}{${labels}} ${value}`)
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines]
}

function label(role: ServedRole): string {
  return `profile="${escapeLabel(role.profile)}"`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
