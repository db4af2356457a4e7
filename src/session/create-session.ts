/**
 * One CreateSession: build, sign, send, read; again where that may help.
 *
 * Each try is built and signed afresh, since a signature is good for minutes only, and in the time of
 * AWS as far as it is known. When AWS refuses and its clock is far from what was thought, the request is
 * signed once more. The debug trace
 * shows hashes and names; signature, certificate and credentials never reach it.
 *
 * @see IAM Roles Anywhere User Guide, "CreateSession" and "Signing process for CreateSession"
 * @module
 */

import { hash } from 'node:crypto'
import {
  checkCreateSessionParameters,
  createSessionRequest,
  type CreateSessionParameters,
} from '../core/create-session-request.ts'
import { readCreateSessionResponse } from '../core/create-session-response.ts'
import type { SessionCredentials } from '../core/credentials.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Identity, Send } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import { parseRetryAfter } from '../core/retry-after.ts'
import { decimalSerialNumber } from '../core/serial-number.ts'
import { prepareSignature, type PreparedSignature } from '../core/sign-request.ts'
import { withRetries, type RetryPorts } from './retry.ts'
import {
  clockOffset,
  TOLERATED_OFFSET_MS,
  type ServerClock,
  type TimedResponse,
} from './server-clock.ts'

export interface CreateSessionPorts extends RetryPorts {
  readonly identity: Identity
  readonly send: Send
  /** Learns from every answer; kept by those who judge when the credentials expire. */
  readonly serverClock: ServerClock
  /** The wall clock of this machine. */
  readonly clock: Clock
}

/**
 * Temporary credentials for the role.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE and ERR_CONFIG_ARN_DISAGREEMENT before anything
 *   is signed; codes of the key, network and service families; ERR_CANCELLED.
 */
export async function createSession(
  parameters: CreateSessionParameters,
  ports: CreateSessionPorts,
): Promise<SessionCredentials> {
  checkCreateSessionParameters(parameters)
  const { serverClock } = ports
  return await withRetries(async (attempt, signal) => {
    const exchangeOnce = async (): Promise<TimedResponse> =>
      await exchange(parameters, ports, { attempt, signal, atMs: serverClock.now() })
    let timed = await exchangeOnce()
    if (isRefusal(timed) && serverClock.correctBy(timed)) {
      warnOfClock(timed, ports)
      timed = await exchangeOnce()
    }
    return read(timed, parameters, serverClock)
  }, ports)
}

interface Try {
  readonly attempt: number
  readonly signal: AbortSignal
  /** The instant that the request is signed for. */
  readonly atMs: number
}

async function exchange(
  parameters: CreateSessionParameters,
  { identity, send, clock, monotonic, reporter }: CreateSessionPorts,
  { attempt, signal, atMs }: Try,
): Promise<TimedResponse> {
  const { region, endpoint } = parameters
  const { algorithm } = identity.signer
  const serialNumber = decimalSerialNumber(identity.certificate.serialNumber)
  const unsigned = createSessionRequest(parameters, identity, atMs)
  const scope = { algorithm, serialNumber, region, service: 'rolesanywhere', atMs }
  const prepared = prepareSignature(unsigned, scope)
  reporter.debug('sign', {
    attempt,
    host: endpoint.host,
    region,
    algorithm: algorithm.token,
    serialNumber,
    ...signatureFacts(prepared),
  })
  const signature = await identity.signer.sign(prepared.stringToSign, { signal })
  const sentAt = monotonic()
  const response = await send(prepared.signed(signature), { signal })
  const timed = { response, receivedAt: clock(), tookMs: monotonic() - sentAt }
  reporter.debug('answer', { attempt, ...answerFacts(timed) })
  return timed
}

function read(
  timed: TimedResponse,
  { roleArn }: CreateSessionParameters,
  clock: ServerClock,
): SessionCredentials {
  // A success too tells the time by which the credentials expire.
  if (timed.response.status < 300) clock.correctBy(timed)
  const now = clock.now()
  try {
    return readCreateSessionResponse(timed.response, { roleArn, now })
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    throw explained(error, timed, now)
  }
}

/** The error with what the response says about trying again, and about time. */
function explained(
  error: RolesAnywhereError,
  { response }: TimedResponse,
  now: number,
): RolesAnywhereError {
  const retryAfterMs = parseRetryAfter(response.headers, now)
  const isAboutTime = ABOUT_TIME.test(error.message)
  return new RolesAnywhereError(
    isAboutTime ? 'ERR_SERVICE_CLOCK_SKEW' : error.code,
    error.wording.message,
    {
      hint: isAboutTime ? SET_THE_CLOCK : error.wording.hint,
      detail: {
        ...error.detail,
        retryable: error.code === 'ERR_SERVICE_THROTTLED' || error.code === 'ERR_SERVICE_FAULT',
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
      cause: error.cause,
    },
  )
}

const SET_THE_CLOCK = 'set the clock of this machine, and keep it by NTP'

/** Words that AWS uses for a signature from another time, at one service or another. */
const ABOUT_TIME = /RequestTimeTooSkewed|RequestExpired|signature (?:expired|not yet current)/i

function isRefusal({ response: { status } }: TimedResponse): boolean {
  return status === 400 || status === 401 || status === 403
}

function warnOfClock(timed: TimedResponse, { reporter }: CreateSessionPorts): void {
  const offsetMs = clockOffset(timed) ?? 0
  // Ours may have been mended since the last answer: what was wrong then was our idea of it.
  if (Math.abs(offsetMs) <= TOLERATED_OFFSET_MS) return
  const [ours, theirs] = [timed.receivedAt, timed.receivedAt + offsetMs].map((at) =>
    new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  )
  const minutes = Math.round(Math.abs(offsetMs) / 60_000)
  reporter.warn(
    `the clock of this machine is ${minutes} min ${offsetMs > 0 ? 'behind' : 'ahead of'} ` +
      `that of AWS: ${ours ?? ''} here, ${theirs ?? ''} there; signing again with the time of AWS`,
    { hint: SET_THE_CLOCK },
  )
}

/** Both hashes, and the names of the signed headers, as the lines of SigV4 hold them. */
function signatureFacts({
  canonicalRequest,
  stringToSign,
}: PreparedSignature): Record<string, string> {
  return {
    signedHeaders: canonicalRequest.split('\n').at(-2) ?? '',
    canonicalRequestSha256: hash('sha256', canonicalRequest),
    stringToSignSha256: hash('sha256', stringToSign),
  }
}

function answerFacts(timed: TimedResponse): Record<string, string | number> {
  const { response, tookMs } = timed
  const offsetMs = clockOffset(timed)
  const requestId = response.headers['x-amzn-requestid']
  return {
    status: response.status,
    ...(requestId === undefined ? {} : { requestId: printable(requestId, 128) }),
    durationMs: Math.round(tookMs),
    ...(offsetMs === undefined ? {} : { clockOffsetSeconds: Math.round(offsetMs / 1000) }),
  }
}
