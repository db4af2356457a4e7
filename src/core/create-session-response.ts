/**
 * The answer to CreateSession: credentials, or a named error. Nothing in between.
 *
 * Every value is checked by hand, because it goes into an INI file, an HTTP header or another
 * program's parser. Content types are not: what counts is what the body holds. Members not named here
 * are ignored, and so are credential sets after the first, as the reference helper does.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession", response
 * @module
 */

import type { RoleArn } from './arn.ts'
import { MAX_DURATION_SECONDS } from './create-session-request.ts'
import { SessionCredentials } from './credentials.ts'
import { RolesAnywhereError } from './errors.ts'
import { member, parseJson } from './json-members.ts'
import type { HttpResponse } from './ports.ts'
import { responseDetail, serviceError } from './service-error.ts'
import { says, setting, type Wording } from './wording.ts'

export interface CreateSessionContext {
  readonly roleArn: RoleArn
  /** Milliseconds since the epoch, by the server's clock; credentials must expire after it. */
  readonly now: number
}

/**
 * @throws {RolesAnywhereError} ERR_SERVICE_ACCESS_DENIED, ERR_SERVICE_NOT_FOUND, ERR_SERVICE_VALIDATION,
 *   ERR_SERVICE_THROTTLED and ERR_SERVICE_FAULT by the status; ERR_SERVICE_RESPONSE_INVALID for an
 *   answer without usable credentials. No message holds any part of the body of a 2xx answer.
 */
export function readCreateSessionResponse(
  response: HttpResponse,
  { roleArn, now }: CreateSessionContext,
): SessionCredentials {
  if (response.status < 200 || response.status > 299) throw serviceError(response)
  const credentials = firstCredentials(response)
  const fields = {
    accessKeyId: text(credentials, 'accessKeyId', /^[A-Z0-9]{16,128}$/, response),
    secretAccessKey: text(credentials, 'secretAccessKey', PRINTABLE, response),
    sessionToken: text(credentials, 'sessionToken', PRINTABLE, response),
    expiresAt: parseExpiration(text(credentials, 'expiration', RFC_3339, response)),
  }
  if (fields.expiresAt === undefined) {
    throw invalidResponse(`${CREDENTIALS}.expiration is not a date`, response)
  }
  if (fields.expiresAt <= now) {
    throw invalidResponse(
      `the credentials expired at ${new Date(fields.expiresAt).toISOString()} already`,
      response,
      'check the clock of this machine',
    )
  }
  return new SessionCredentials({
    ...fields,
    expiresAt: believable(fields.expiresAt, now),
    accountId: roleArn.accountId,
    roleArn: roleArn.text,
  })
}

const CREDENTIALS = 'credentialSet[0].credentials'

/**
 * AWS gives no session longer than twelve hours. Whoever believed a date beyond that would not ask again
 * for years, and would not notice when AWS takes the credentials no more. The margin is for what we know
 * of its clock.
 */
function believable(expiresAt: number, now: number): number {
  if (expiresAt - now <= LONGEST_LIFE_MS + CLOCK_MARGIN_MS) return expiresAt
  return Math.floor(now / 1000) * 1000 + LONGEST_LIFE_MS
}

const LONGEST_LIFE_MS = MAX_DURATION_SECONDS * 1000
const CLOCK_MARGIN_MS = 60_000

/** ASCII without space and control characters: safe in an INI file and in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))$/i

/** End of the year 9999: what lies beyond (by an offset) has no four-digit year to be written with. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59)

function firstCredentials(response: HttpResponse): unknown {
  const body = parseJson(response.body)
  if (body === undefined) throw invalidResponse('the answer is not JSON', response)
  const sets = member(body, 'credentialSet')
  if (!Array.isArray(sets)) throw invalidResponse('credentialSet is not a list', response)
  if (sets.length === 0) throw invalidResponse('credentialSet is empty', response)
  return member(sets[0], 'credentials')
}

function text(from: unknown, name: string, form: RegExp, response: HttpResponse): string {
  const value = member(from, name)
  if (typeof value === 'string' && form.test(value)) return value
  const fault = value === undefined ? 'is missing' : 'has not the form it must have'
  throw invalidResponse(`${CREDENTIALS}.${name} ${fault}`, response)
}

/** Milliseconds since the epoch, whole seconds, fractions cut; undefined for what is no date, such as 30 February. */
function parseExpiration(rfc3339: string): number | undefined {
  const [, year, month, day, hour, minute, second, sign, offsetHour = '0', offsetMinute = '0'] =
    RFC_3339.exec(rfc3339) ?? []
  const written = [year, month, day, hour, minute, second].map(Number)
  const [y = NaN, mo = NaN, d = NaN, h = NaN, mi = NaN, s = NaN] = written
  const local = Date.UTC(y, mo - 1, d, h, mi, s)
  // Date.UTC carries what overflows: a date that reads back differently was no date.
  const at = new Date(local)
  const readBack = [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ]
  if (!readBack.every((part, index) => part === written[index])) return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000
  const expiresAt = local - (sign === '-' ? -offsetMs : offsetMs)
  return expiresAt <= LAST_INSTANT ? expiresAt : undefined
}

function invalidResponse(
  fault: string,
  response: HttpResponse,
  hint: Wording = says`if ${setting('endpoint')} or ${setting('proxy')} is given, check that it reaches IAM Roles Anywhere`,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_SERVICE_RESPONSE_INVALID',
    `the answer to CreateSession holds no usable credentials: ${fault}`,
    { hint, detail: responseDetail(response) },
  )
}
