/**
 * What `/status` says, and reading it from a program that may be another: whoever takes the port first can
 * answer anything.
 *
 * @module
 */

import { isoSeconds } from './credentials-answer.ts'
import type { ServedRole } from './served-role.ts'

export interface StatusReport {
  readonly version: string
  readonly roles: readonly RoleReport[]
}

export interface RoleReport {
  readonly profile: string
  readonly roleArn: string
  readonly certificateExpires: string
  readonly credentialsExpire: string | null
  readonly lastRefresh: string | null
  readonly nextTry: string
  readonly refreshes: number
  readonly failures: Readonly<Record<string, number>>
  readonly lastError: {
    readonly code: string
    readonly message: string
    readonly at: string
  } | null
}

/** What `rolesanywhere status` prints. Nothing in it is secret. */
export function statusReport(roles: readonly ServedRole[], version: string): StatusReport {
  const at = (ms: number | undefined): string | null => (ms === undefined ? null : isoSeconds(ms))
  return {
    version,
    roles: roles.map((role) => {
      const status = role.status()
      const { lastError } = status
      return {
        profile: role.profile,
        roleArn: role.roleArn,
        certificateExpires: isoSeconds(role.certificateExpiresAt()),
        credentialsExpire: at(status.expiresAt),
        lastRefresh: at(status.lastSuccessAt),
        nextTry: isoSeconds(status.nextTryAt),
        refreshes: status.refreshes,
        failures: Object.fromEntries(status.failures),
        lastError: lastError === undefined ? null : { ...lastError, at: isoSeconds(lastError.at) },
      }
    }),
  }
}

/** The report in an answer, member by member; undefined when it is not one of ours. */
export function readStatusReport(text: string): StatusReport | undefined {
  try {
    const report = fields(JSON.parse(text))
    return {
      version: string(report['version']),
      roles: list(report['roles']).map((value) => {
        const role = fields(value)
        return {
          profile: string(role['profile']),
          roleArn: string(role['roleArn']),
          certificateExpires: instant(role['certificateExpires']),
          credentialsExpire: orNull(instant, role['credentialsExpire']),
          lastRefresh: orNull(instant, role['lastRefresh']),
          nextTry: instant(role['nextTry']),
          refreshes: count(role['refreshes']),
          failures: Object.fromEntries(
            Object.entries(fields(role['failures'])).map(([code, times]) => [code, count(times)]),
          ),
          lastError: orNull(readError, role['lastError']),
        }
      }),
    }
  } catch {
    return undefined
  }
}

function readError(value: unknown): NonNullable<RoleReport['lastError']> {
  const error = fields(value)
  return {
    code: string(error['code']),
    message: string(error['message']),
    at: instant(error['at']),
  }
}

/** Each of these throws for a value of another kind. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new TypeError('no object')
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('no list')
}

function string(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('no text')
}

function instant(value: unknown): string {
  const text = string(value)
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new TypeError('no instant')
}

function count(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw new TypeError('no count')
}

function orNull<T>(read: (value: unknown) => T, value: unknown): T | null {
  return value === null ? null : read(value)
}
