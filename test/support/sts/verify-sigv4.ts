/**
 * Signature Version 4 with a secret key, recomputed from the request as it came.
 *
 * Written from AWS's description and sharing nothing with src/, so that the two can disagree.
 *
 * @see AWS IAM User Guide, "Create a signed AWS API request"
 * @module
 */

import { createHash, createHmac } from 'node:crypto'
import type { KnownSession } from './session-book.ts'
import { badSignature, expiredToken, incompleteSignature, invalidToken } from './sts-error.ts'

export interface ReceivedRequest {
  readonly method: string
  /** As sent: path and query. */
  readonly target: string
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

export interface SignedBy {
  readonly session: KnownSession
  readonly region: string
}

const CLOCK_TOLERANCE_MS = 900_000

/** @throws {StsError} */
export function verifySigV4(
  request: ReceivedRequest,
  sessions: ReadonlyMap<string, KnownSession>,
  now: number,
): SignedBy {
  const header = (name: string): string => headerValue(request, name) ?? ''
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header('authorization'),
    )
  const [, credential = '', names = '', signature = ''] = parts ?? []
  const [keyId = '', day = '', region = '', service = '', end] = credential.split('/')
  if (parts === null || end !== 'aws4_request') {
    throw incompleteSignature('Authorization header is not that of Signature Version 4')
  }
  const session = sessions.get(keyId)
  if (session === undefined || header('x-amz-security-token') !== session.sessionToken) {
    throw invalidToken()
  }
  if (service !== 'sts') {
    throw badSignature("Credential should be scoped to correct service: 'sts'. ")
  }
  const date = header('x-amz-date')
  checkDate(date, day, now)
  const signed = names.split(';')
  checkSignedHeaders(request, signed)
  const canonical = canonicalRequest(request, signed)
  const scope = [day, region, service, end].join('/')
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, end].reduce<Buffer | string>(
    (previous, part) => hmac(previous, part),
    `AWS4${session.secretAccessKey}`,
  )
  if (hmac(key, toSign).toString('hex') !== signature) {
    throw badSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  if (now >= session.expiration) throw expiredToken()
  return { session, region }
}

function checkDate(date: string, day: string, now: number): void {
  const [, ...digits] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const [year, month, dayOfMonth, hour, minute, second] = digits
  const at = Date.parse(
    `${year ?? ''}-${month ?? ''}-${dayOfMonth ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`,
  )
  if (Number.isNaN(at)) throw incompleteSignature('Date must be in ISO-8601 "basic format"')
  if (!date.startsWith(day)) {
    throw badSignature(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP',
    )
  }
  if (Math.abs(now - at) > CLOCK_TOLERANCE_MS) {
    throw badSignature(
      `Signature ${at < now ? 'expired' : 'not yet current'}: ${date} is more than 15 min. away`,
    )
  }
}

function checkSignedHeaders({ rawHeaders }: ReceivedRequest, signed: readonly string[]): void {
  const sent = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const missing = sent.find(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name),
  )
  if (missing !== undefined) {
    throw badSignature(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
}

function canonicalRequest(request: ReceivedRequest, signed: readonly string[]): string {
  const [path = '/', query = ''] = request.target.split('?')
  const lines = signed.map((name) => {
    const value = (headerValue(request, name) ?? '').trim().replace(/ +/g, ' ')
    return `${name}:${value}\n`
  })
  return [
    request.method,
    path,
    query.split('&').sort().join('&'),
    lines.join(''),
    signed.join(';'),
    sha256(request.body),
  ].join('\n')
}

function headerValue({ rawHeaders }: ReceivedRequest, name: string): string | undefined {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
  return values.length === 0 ? undefined : values.join(',')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}
