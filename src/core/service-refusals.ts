/**
 * What the texts of a refused CreateSession mean, and what to do about each: one row per text.
 *
 * The texts are those people have received; the service documents none. Rows marked "SigV4" are the
 * words that AWS uses for signatures at other services, and may never come from this one.
 *
 * @see IAM Roles Anywhere User Guide, "Troubleshooting" and "Trust model"
 * @module
 */

import type { ErrorCode } from './errors.ts'
import { says, setting, type Wording } from './wording.ts'

export interface ServiceRefusal {
  /** The likely cause, one clause, lower case. */
  readonly cause: string
  /** What to do next. */
  readonly remedy: Wording
}

/**
 * The likely cause of an answer, and what to do about it.
 *
 * @param words Error type and message of the service, `Type: message`; empty when it gave none.
 * @returns undefined for an answer that no row explains: its text says it all.
 */
export function explainRefusal(code: ErrorCode, words: string): ServiceRefusal | undefined {
  return ROWS.find((row) => row.code === code && (row.words?.test(words) ?? true))
}

interface Row extends ServiceRefusal {
  readonly code: ErrorCode
  /** Matches anywhere in the words; without it the row explains every other answer of its code. */
  readonly words?: RegExp
}

/** The first row that matches holds, so the special stands before the general. */
const ROWS: readonly Row[] = [
  {
    code: 'ERR_SERVICE_THROTTLED',
    cause: 'more CreateSession calls than the account may make (10 each second and region)',
    remedy: says`let processes share credentials with ${setting('cache')}`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /untrusted signing certificate/i,
    cause: 'the certificate does not chain to the trust anchor',
    remedy: says`compare its issuer with the CA of the trust anchor, and give missing intermediates with ${setting('intermediates')}`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /insufficient certificate/i,
    cause: 'the certificate chains to the trust anchor but is not fit to sign',
    remedy:
      'issue it as X.509 v3 with keyUsage digitalSignature, basicConstraints CA=false and SHA-256 or stronger',
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /certificate (?:is |has been |was )?revoked/i,
    cause: 'the serial number is on a CRL imported for the trust anchor',
    remedy: 'use a new certificate; aws rolesanywhere list-crls shows the CRLs',
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /certificate (?:is |has )?expired/i,
    cause: 'a certificate of the chain has passed its notAfter date',
    remedy: says`renew the certificate, or correct the chain given with ${setting('intermediates')}`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /certificate (?:is )?not yet valid/i,
    cause: 'a certificate of the chain has not reached its notBefore date',
    remedy: 'check the clock of the CA, or wait',
  },
  {
    // SigV4
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /signature (?:expired|not yet current)/i,
    cause: 'the clock of this machine is wrong',
    remedy: 'set the clock, and keep it by NTP',
  },
  {
    // SigV4
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /credential should be scoped/i,
    cause: 'the request was signed for another region than the one that received it',
    remedy: says`leave out ${setting('region')} and ${setting('endpoint')}, so that the trust anchor's region decides`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /invalid signature|missing authentication token/i,
    cause: 'the signature does not fit the request as AWS received it',
    remedy: 'check the clock, and any proxy that may rewrite headers or body',
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /DurationSeconds exceeds the MaxSessionDuration/i,
    cause: "the session would last longer than the role's maximum",
    remedy: says`ask for less with ${setting('sessionDuration')}, or raise the role's maximum session duration`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /unable to assume role/i,
    cause:
      'the role does not trust rolesanywhere.amazonaws.com for this certificate and trust anchor',
    remedy:
      'its trust policy must allow sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity, its conditions must fit, and the profile must list the role',
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /not authorized to set roleSessionName/i,
    cause: 'the profile does not accept role session names',
    remedy: says`leave out ${setting('roleSessionName')}, or set acceptRoleSessionName on the profile`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    words: /^$/,
    cause: 'something else than Roles Anywhere answered',
    remedy: says`check ${setting('endpoint')} and ${setting('proxy')}`,
  },
  {
    code: 'ERR_SERVICE_ACCESS_DENIED',
    cause: 'a disabled trust anchor or profile, an expired certificate or a wrong clock',
    remedy: 'check these in AWS, and the dates of the certificate',
  },
  {
    code: 'ERR_SERVICE_NOT_FOUND',
    words: /^ResourceNotFound/,
    cause: 'the trust anchor or profile does not exist in this region and account',
    remedy: says`check ${setting('trustAnchorArn')} and ${setting('profileArn')}`,
  },
  {
    code: 'ERR_SERVICE_NOT_FOUND',
    cause: 'the endpoint does not know CreateSession',
    remedy: says`check ${setting('endpoint')} and its path`,
  },
  {
    code: 'ERR_SERVICE_VALIDATION',
    words: /duration-?seconds/i,
    cause: 'the lifetime asked for is none that AWS gives',
    remedy: says`check ${setting('sessionDuration')}, or leave it out`,
  },
  {
    code: 'ERR_SERVICE_VALIDATION',
    words: /role-?session-?name/i,
    cause: 'AWS does not take the name of the session',
    remedy: says`check ${setting('roleSessionName')}, or leave it out`,
  },
  {
    code: 'ERR_SERVICE_VALIDATION',
    words: /different (?:accounts|regions)/i,
    cause: 'the three ARNs are not of one account and region',
    remedy: says`check ${setting('trustAnchorArn')}, ${setting('profileArn')} and ${setting('roleArn')}`,
  },
  ...(['trustAnchorArn', 'profileArn', 'roleArn'] as const).map((name) => ({
    code: 'ERR_SERVICE_VALIDATION' as const,
    words: new RegExp(name, 'i'),
    cause: 'AWS does not take that ARN',
    remedy: says`check ${setting(name)}: copy it from the AWS console`,
  })),
  {
    code: 'ERR_SERVICE_VALIDATION',
    words: /^ValidationException/,
    cause: 'one of the ARNs is not as AWS wants it',
    remedy: says`check ${setting('trustAnchorArn')}, ${setting('profileArn')} and ${setting('roleArn')}`,
  },
  {
    code: 'ERR_SERVICE_FAULT',
    cause: 'a fault on the side of AWS',
    remedy: 'try again later; https://health.aws.amazon.com shows known faults',
  },
]
