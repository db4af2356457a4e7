/**
 * What AWS says to one CreateSession, each kind of refusal with a check of its own.
 *
 * @see protocol-facts.md 1.4
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { ok, problemOf, skipped, type Checks, type Verdict } from './check.ts'
import type { Exchange } from './ask-aws.ts'

export const SERVICE_CHECKS: Checks<Exchange> = {
  'service-available': {
    title: 'service',
    otherwise: 'AWS is out of order, or too many sessions are asked for.',
    family: 'service',
    judge: (facts) => answer('available', facts, 'it answers'),
  },
  'service-request': {
    title: 'request',
    otherwise: 'AWS found the request malformed (400).',
    family: 'service',
    judge: (facts) => answer('request', facts, 'well formed'),
  },
  'service-resources': {
    title: 'trust anchor and profile',
    otherwise: 'One of them does not exist, or is disabled.',
    family: 'service',
    judge: (facts) => answer('resources', facts, 'both exist and are enabled'),
  },
  'service-certificate': {
    title: 'trust in the certificate',
    otherwise: 'It does not lead to the trust anchor, or is not fit, or was revoked.',
    family: 'service',
    judge: (facts) => answer('certificate', facts, 'it leads to the trust anchor'),
  },
  'service-role': {
    title: 'role',
    otherwise: 'Its trust policy, the profile’s list of roles, or the duration does not allow it.',
    family: 'service',
    judge: (facts) => answer('role', facts, 'it may be assumed'),
  },
  'service-access': {
    title: 'access',
    otherwise: 'Refused for another reason (403).',
    family: 'service',
    judge: (facts) => answer('access', facts, 'granted'),
  },
  'service-session': {
    title: 'session',
    otherwise: 'There are no credentials.',
    family: 'service',
    judge: ({ expiration }) =>
      expiration === undefined
        ? skipped('none was given')
        : ok(`one was given, until ${expiration}`),
  },
}

type Topic = 'available' | 'request' | 'resources' | 'certificate' | 'role' | 'access'

/** The first row whose words are found in what AWS says; other topics go by the code alone. */
const TOPICS: readonly { readonly topic: Topic; readonly words: RegExp }[] = [
  { topic: 'resources', words: /disabled|not enabled|ResourceNotFound/iu },
  {
    topic: 'certificate',
    words:
      /untrusted|insufficient certificate|certificate (?:is |has |been |was )?(?:revoked|expired|not yet valid)/iu,
  },
  {
    topic: 'role',
    words:
      /unable to assume role|roleSessionName|DurationSeconds exceeds|not (?:allowed|authorized).*role/iu,
  },
]

const BY_CODE: Readonly<Record<string, Topic | undefined>> = {
  ERR_SERVICE_THROTTLED: 'available',
  ERR_SERVICE_FAULT: 'available',
  ERR_SERVICE_RESPONSE_INVALID: 'available',
  ERR_SERVICE_VALIDATION: 'request',
  ERR_SERVICE_NOT_FOUND: 'resources',
}

/** Undefined for what is no refusal of AWS. */
export function topicOf({ code, family, message }: RolesAnywhereError): Topic | undefined {
  if (family !== 'service' || code === 'ERR_SERVICE_CLOCK_SKEW') return undefined
  const byWords = TOPICS.find(({ words }) => words.test(message))?.topic
  return BY_CODE[code] ?? byWords ?? 'access'
}

function answer(topic: Topic, { isSession, failure, expiration }: Exchange, good: string): Verdict {
  if (!isSession) return skipped('no session could be asked for')
  if (expiration !== undefined) return ok(good)
  return failure !== undefined && topicOf(failure) === topic
    ? problemOf(failure)
    : skipped('AWS said nothing of it')
}
