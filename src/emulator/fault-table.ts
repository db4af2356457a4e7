/**
 * Every fault, one row each: how its value is written, what it does.
 *
 * Between them they make each wrong answer that a client of Roles Anywhere has to survive: a service
 * that refuses, a network that breaks, a stranger that answers in between, and credentials that are
 * none.
 *
 * @module
 */

import type { Answer, Delivery } from './answer.ts'
import { wholeSeconds } from './create-session.ts'
import * as answers from './fault-answers.ts'

export interface FaultEffect {
  /** Added to the server's clock, milliseconds. */
  readonly clockOffsetMs?: number
  /** The answer given in place of `answer`; the same object where the fault does not apply. */
  alter?(answer: Answer, now: number): Answer
}

export interface FaultKind {
  /** What follows the equals sign; in brackets where it may be left out; absent when nothing does. */
  readonly value?: string
  readonly meaning: string
  /** Undefined when the value is not one. */
  create(value: string | undefined): FaultEffect | undefined
}

const MAX_DELAY_MS = 3_600_000
const MAX_SKEW_SECONDS = 315_360_000

export const FAULTS: Readonly<Record<string, FaultKind>> = {
  // The service refuses.
  status: number('CODE', 'answer with this HTTP status', [400, 599], (status) =>
    instead(answers.serviceError(status)),
  ),
  deny: text('TEXT', 'refuse with 403 and this message', (message) =>
    instead(answers.errorAnswer(403, 'AccessDeniedException', message)),
  ),
  throttle: {
    value: 'N[,retry-after=S]',
    meaning: 'refuse with 429 what exceeds N requests in one second',
    create: throttle,
  },
  skew: number(
    'SECONDS',
    'run the clock of the server fast, or slow when negative',
    [-MAX_SKEW_SECONDS, MAX_SKEW_SECONDS],
    (seconds) => ({ clockOffsetMs: seconds * 1000 }),
  ),

  // The network breaks.
  latency: number('MS', 'answer this many milliseconds later', [0, MAX_DELAY_MS], (delayMs) =>
    delivered({ delayMs }),
  ),
  slow: number(
    '[MS]',
    'answer one byte at a time, this many milliseconds apart (1000)',
    [1, MAX_DELAY_MS],
    (msPerByte) => delivered({ msPerByte }),
    1000,
  ),
  silence: plain('never answer', delivered({ instead: 'silence' })),
  close: plain('close the connection instead', delivered({ instead: 'close' })),
  reset: plain('reset the connection instead', delivered({ instead: 'reset' })),
  truncate: plain('stop halfway through the body', delivered({ truncated: true })),
  huge: number(
    '[BYTES]',
    'answer with a body that is this much longer (100 million)',
    [1, Number.MAX_SAFE_INTEGER],
    (padding) => delivered({ padding }),
    100_000_000,
  ),
  endless: plain('answer with a body that never ends', delivered({ padding: Infinity })),

  // A stranger answers.
  garbage: plain('answer with what is not HTTP', delivered({ raw: answers.GARBAGE })),
  html: plain('answer 200 with a web page', instead(answers.HTML)),
  redirect: text('URL', 'answer 307 and point there', (url) =>
    /^[\x21-\x7e]+$/.test(url) ? instead(answers.redirect(url)) : undefined,
  ),
  gzip: plain('answer with 16 MiB in a few kilobytes of gzip', { alter: answers.gzipBomb }),

  // The credentials are none. These leave refusals alone.
  empty: plain(
    'answer with an empty credentialSet',
    body(() => '{"credentialSet":[]}'),
  ),
  'empty-object': plain(
    'answer with {}',
    body(() => '{}'),
  ),
  'empty-body': plain(
    'answer with nothing',
    body(() => ''),
  ),
  'cut-json': plain(
    'answer with half of the JSON',
    body((json) => json.slice(0, json.length / 2)),
  ),
  'missing-token': plain('leave the session token out', credential('sessionToken', undefined)),
  'missing-secret': plain('leave the secret key out', credential('secretAccessKey', undefined)),
  'expires-in': number(
    'SECONDS',
    'answer with credentials that end so soon',
    [1, 43_200],
    (seconds) => ({
      alter: (answer, now) =>
        answers.withCredential(answer, 'expiration', wholeSeconds(now + seconds * 1000)),
    }),
  ),
  expired: plain(
    'answer with an expiration in the past',
    credential('expiration', '2020-01-01T00:00:00Z'),
  ),
  'bad-expiration': plain(
    'answer with an expiration that is no date',
    credential('expiration', 'soon'),
  ),
  crlf: plain(
    'hide a line break in the session token',
    credential('sessionToken', 'token\r\naws_access_key_id = injected'),
  ),
  nul: plain('hide a NUL in the session token', credential('sessionToken', 'token\0')),
  deep: plain(
    'answer with JSON nested 100,000 deep',
    body(() => '['.repeat(100_000) + ']'.repeat(100_000)),
  ),
  proto: plain(
    'answer with everything inside `__proto__`',
    body((json) => `{"__proto__":${json}}`),
  ),
  duplicate: plain(
    'give each credential twice, the second time as null',
    body((json) => json.replace(CREDENTIAL_MEMBERS, '$1:$2,$1:null')),
  ),
  bom: plain(
    'begin the JSON with a byte order mark',
    body((json) => `\u{feff}${json}`),
  ),
  utf16: plain('answer in UTF-16', { alter: answers.inUtf16 }),
}

const CREDENTIAL_MEMBERS = /("(?:accessKeyId|secretAccessKey|sessionToken|expiration)"):("[^"]*")/g

function plain(meaning: string, effect: FaultEffect): FaultKind {
  return { meaning, create: (value) => (value === undefined ? effect : undefined) }
}

function text(
  value: string,
  meaning: string,
  create: (text: string) => FaultEffect | undefined,
): FaultKind {
  return { value, meaning, create: (given) => (given === undefined ? undefined : create(given)) }
}

function number(
  value: string,
  meaning: string,
  [least, most]: readonly [number, number],
  create: (value: number) => FaultEffect,
  fallback?: number,
): FaultKind {
  return {
    value,
    meaning,
    create(given) {
      const chosen = given === undefined ? fallback : wholeNumber(given)
      return chosen === undefined || chosen < least || chosen > most ? undefined : create(chosen)
    },
  }
}

function wholeNumber(given: string): number | undefined {
  return /^-?\d{1,15}$/.test(given) ? Number(given) : undefined
}

function instead(answer: Answer): FaultEffect {
  return { alter: () => answer }
}

function delivered(delivery: Delivery): FaultEffect {
  return {
    alter: (answer) => ({ ...answer, delivery: { ...answer.delivery, ...delivery } }),
  }
}

function body(change: (json: string) => string): FaultEffect {
  return { alter: (answer) => answers.withBody(answer, change) }
}

function credential(name: string, value: string | undefined): FaultEffect {
  return { alter: (answer) => answers.withCredential(answer, name, value) }
}

function throttle(given: string | undefined): FaultEffect | undefined {
  const [, limit, retryAfter] = /^(\d{1,6})(?:,retry-after=(\d{1,6}))?$/.exec(given ?? '') ?? []
  if (limit === undefined) return undefined
  let recent: readonly number[] = []
  return {
    alter(answer, now) {
      recent = recent.filter((at) => now - at < 1000)
      if (recent.length >= Number(limit)) return answers.throttled(retryAfter)
      recent = [...recent, now]
      return answer
    },
  }
}
