/**
 * From a request to its answer: judge it, apply the faults, keep the facts.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/ports.ts'
import type { Answer } from './answer.ts'
import type { Respond } from './connection.ts'
import { createSession, type AssumedSession, type SessionLimits } from './create-session.ts'
import { errorAnswer } from './fault-answers.ts'
import type { FaultPlan } from './faults.ts'
import { MalformedRequest, type RawRequest } from './raw-request.ts'
import { Refusal } from './refusal.ts'
import type { RequestFacts, Verdict } from './request-facts.ts'
import { checkProfile, checkTrustAnchor, type Resources } from './resources.ts'
import { parseSessionParameters } from './session-parameters.ts'
import type { TrustAnchor } from './pkix/trust-anchor.ts'
import { verifyChain } from './pkix/verify-chain.ts'
import { verifyRequest } from './verify-request.ts'

export interface RespondOptions {
  readonly anchor: TrustAnchor
  readonly limits: SessionLimits
  readonly region: string | undefined
  readonly clock: Clock
  readonly faults: FaultPlan
  readonly resources: Resources
  /** Told of every session that the checks allowed, whatever a fault then does to the answer. */
  readonly onSession: (session: AssumedSession) => void
  onRequest(facts: RequestFacts, request: RawRequest | undefined): void
}

export function createRespond(options: RespondOptions): Respond {
  return (request) => {
    const at = options.clock()
    const faults = options.faults.begin()
    const now = at + faults.clockOffsetMs
    const { verdict, answer: honest } = judge(request, options, now)
    const { answer, happened } = faults.spoil(honest, now)
    const requestId = randomUUID()
    const readable = request instanceof MalformedRequest ? undefined : request
    options.onRequest(
      {
        at,
        requestId,
        method: readable?.method ?? '',
        path: readable === undefined ? '' : pathOf(readable),
        verdict,
        status: answer.status,
        faults: happened,
      },
      readable,
    )
    return {
      ...answer,
      headers: {
        date: new Date(now).toUTCString(),
        'x-amzn-requestid': requestId,
        ...answer.headers,
      },
    }
  }
}

interface Judgement {
  readonly verdict: Verdict
  readonly answer: Answer
}

function judge(
  request: RawRequest | MalformedRequest,
  options: RespondOptions,
  now: number,
): Judgement {
  try {
    if (request instanceof MalformedRequest) throw request
    return acceptedSession(request, options, now)
  } catch (error) {
    return refused(error)
  }
}

/** The whole of what the service checks; whether it does so in this order is not known. */
function acceptedSession(
  request: RawRequest,
  { anchor, limits, region, resources, onSession }: RespondOptions,
  now: number,
): Judgement {
  if (request.method !== 'POST' || pathOf(request) !== '/sessions') {
    const reason = `${request.method} ${pathOf(request)} is not CreateSession, POST /sessions`
    throw new Refusal('unknown-operation', reason)
  }
  const { leaf, chain, region: signedRegion } = verifyRequest(request, { now, region })
  const parameters = parseSessionParameters(request)
  if (parameters.trustAnchorArn.region !== signedRegion) {
    const reason = `the trust anchor is in ${parameters.trustAnchorArn.region}, the request was signed for ${signedRegion}`
    throw new Refusal('validation', reason)
  }
  checkTrustAnchor(parameters, resources)
  verifyChain(leaf, chain, anchor, now)
  checkProfile(parameters, resources)
  const result = createSession(parameters, leaf, limits, now)
  const [session] = result.credentialSet
  const { assumedRoleUser, credentials } = session
  onSession(session)
  return {
    verdict: {
      kind: 'accepted',
      subject: leaf.subject,
      roleArn: parameters.roleArn.text,
      sessionArn: assumedRoleUser.arn,
      expiration: credentials.expiration,
    },
    answer: {
      status: 201,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(result)),
    },
  }
}

function refused(error: unknown): Judgement {
  if (error instanceof Refusal) {
    return {
      verdict: { kind: error.kind, reason: error.reason },
      answer: withReason(errorAnswer(error.status, error.type, error.message), error.reason),
    }
  }
  if (error instanceof MalformedRequest) {
    return {
      verdict: { kind: 'malformed', reason: error.message },
      answer: errorAnswer(error.status, 'BadRequestException', error.message),
    }
  }
  return {
    verdict: { kind: 'internal-error', reason: error instanceof Error ? error.message : '' },
    answer: errorAnswer(500, 'InternalServerException', 'Internal error of the emulator'),
  }
}

/** The service keeps its reasons to itself; an emulator is there to tell them. */
function withReason(answer: Answer, reason: string): Answer {
  const printable = reason.replace(/[^\x20-\x7e]/g, '?')
  return { ...answer, headers: { ...answer.headers, 'x-emulator-reason': printable } }
}

function pathOf({ target }: RawRequest): string {
  const [path = ''] = target.split('?')
  return path
}
