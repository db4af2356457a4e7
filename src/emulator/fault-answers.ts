/**
 * Wrong answers, for the rows of fault-table.ts.
 *
 * @module
 */

import { gzipSync } from 'node:zlib'
import type { Answer } from './answer.ts'
import type { CreateSessionResult } from './create-session.ts'

/** An error in the service's shape. */
export function errorAnswer(status: number, type: string, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
    body: Buffer.from(JSON.stringify({ message })),
  }
}

/** What the service would probably say with this status. */
export function serviceError(status: number): Answer {
  const [type, message] =
    ERRORS[status] ??
    (status < 500
      ? ['ValidationException', 'The emulator was asked for this error']
      : ['InternalServerException', 'The emulator was asked for this error'])
  return errorAnswer(status, type, message)
}

/** Which name and status the service throttles with is not known; these are usual at AWS. */
export function throttled(retryAfter: string | undefined): Answer {
  const answer = serviceError(429)
  if (retryAfter === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } }
}

export function redirect(url: string): Answer {
  return { status: 307, headers: { location: url }, body: Buffer.alloc(0) }
}

/** What a captive portal or a proxy with an opinion answers. */
export const HTML: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!DOCTYPE html><title>Welcome</title><p>Please log in to use the network.\n'),
}

/** The beginning of an SSH server's talk. */
export const GARBAGE: Uint8Array = Buffer.concat([
  Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
  Buffer.from('0000033c0a14f95acd6f8f09b5b5a1e8ba4bcd0a0dff00fe', 'hex'),
])

export function gzipBomb(answer: Answer): Answer {
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(16 * 1_048_576, ' ')),
  }
}

/** Changes the JSON of a session; refusals stay as they are. */
export function withBody(answer: Answer, change: (json: string) => string): Answer {
  if (answer.status !== 201) return answer
  return { ...answer, body: Buffer.from(change(Buffer.from(answer.body).toString())) }
}

/** Changes one member of the credentials, or takes it out. */
export function withCredential(answer: Answer, name: string, value: string | undefined): Answer {
  return withBody(answer, (json) => {
    const result = JSON.parse(json) as CreateSessionResult
    const credentialSet = result.credentialSet.map((entry) => ({
      ...entry,
      credentials: { ...entry.credentials, [name]: value },
    }))
    return JSON.stringify({ ...result, credentialSet })
  })
}

export function inUtf16(answer: Answer): Answer {
  if (answer.status !== 201) return answer
  return { ...answer, body: Buffer.from(Buffer.from(answer.body).toString(), 'utf16le') }
}

const ERRORS: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['ValidationException', 'Invalid request'],
  403: ['AccessDeniedException', 'Untrusted signing certificate'],
  404: ['ResourceNotFoundException', 'Resource not found'],
  429: ['ThrottlingException', 'Rate exceeded'],
  500: ['InternalServerException', 'Internal server error'],
  503: ['ServiceUnavailableException', 'Service unavailable'],
}
