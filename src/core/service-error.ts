/**
 * An answer that is not 2xx, as an error that a person can act on and search for.
 *
 * The message keeps the service's error type, its words and the request id, because forums and the
 * support of AWS are searched by them.
 *
 * @see Smithy, "AWS restJson1 protocol", operation error serialization
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import type { ErrorCode, ErrorDetail } from './errors.ts'
import { member, parseJson } from './json-members.ts'
import type { HttpResponse } from './ports.ts'
import { printable } from './printable.ts'
import { explainRefusal } from './service-refusals.ts'
import { says } from './wording.ts'

/**
 * The error for a response whose status is not 2xx. `detail` carries `status` and, where the service
 * gave them, `awsErrorType` and `requestId`.
 */
export function serviceError(response: HttpResponse): RolesAnywhereError {
  const { status, headers } = response
  const body = parseJson(response.body)
  const type = errorType(headers, body)
  const message = errorMessage(body)
  const requestId = requestIdOf(headers)
  const words = [type, message].filter((part) => part !== '').join(': ')
  const code = errorCode(status, type)
  const refusal = explainRefusal(code, words)
  const where =
    requestId === undefined ? `HTTP ${status}` : `HTTP ${status}, request id ${requestId}`
  return new RolesAnywhereError(
    code,
    `CreateSession failed: ${words === '' ? 'the answer gives no reason' : words} (${where})`,
    {
      hint:
        refusal === undefined ? undefined : says`likely cause: ${refusal.cause}; ${refusal.remedy}`,
      detail: { ...responseDetail(response), ...(type !== '' && { awsErrorType: type }) },
    },
  )
}

/** What identifies a response to the support of AWS. */
export function responseDetail({ status, headers }: HttpResponse): ErrorDetail {
  const requestId = requestIdOf(headers)
  return { status, ...(requestId !== undefined && { requestId }) }
}

/** Longest text of the service that is shown, in characters. */
const MAX_MESSAGE_LENGTH = 500

function errorCode(status: number, type: string): ErrorCode {
  // Some front ends of AWS throttle with a 400, so the type counts before the status.
  if (status === 429 || /^(?:Throttling|TooManyRequests)/.test(type)) return 'ERR_SERVICE_THROTTLED'
  if (status === 401 || status === 403) return 'ERR_SERVICE_ACCESS_DENIED'
  if (status === 404) return 'ERR_SERVICE_NOT_FOUND'
  if (status >= 400 && status < 500) return 'ERR_SERVICE_VALIDATION'
  if (status >= 500) return 'ERR_SERVICE_FAULT'
  return 'ERR_SERVICE_RESPONSE_INVALID'
}

/** `namespace#Type:URI` → `Type`, from the header or else the body; empty when there is none. */
function errorType(headers: HttpResponse['headers'], body: unknown): string {
  const candidates = [headers['x-amzn-errortype'], member(body, 'code'), member(body, '__type')]
  for (const candidate of candidates) {
    if (typeof candidate !== 'string') continue
    const [withoutUri = ''] = candidate.split(':', 1)
    const type = withoutUri.slice(withoutUri.indexOf('#') + 1).trim()
    if (/^[\w.-]{1,128}$/.test(type)) return type
  }
  return ''
}

function errorMessage(body: unknown): string {
  const message = [member(body, 'message'), member(body, 'Message')].find(
    (candidate) => typeof candidate === 'string',
  )
  if (message === undefined) return ''
  // An answer that echoes our signature would let whoever reads the log send the request again.
  const safe = message.replace(/[0-9a-f]{128,}/gi, '[hex removed]')
  return printable(safe, MAX_MESSAGE_LENGTH)
}

function requestIdOf(headers: HttpResponse['headers']): string | undefined {
  const requestId = headers['x-amzn-requestid']
  return requestId !== undefined && /^[\w.=+/-]{1,128}$/.test(requestId) ? requestId : undefined
}
