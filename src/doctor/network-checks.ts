/**
 * The way to AWS: name, proxy, connection, TLS, answer, clock.
 *
 * @see user-pain rows 29, 30 and 37
 * @module
 */

import { TOLERATED_OFFSET_MS } from '../session/server-clock.ts'
import type { Exchange } from './ask-aws.ts'
import { ok, problem, problemOf, skipped, warning, type Checks, type Verdict } from './check.ts'
import { checkFor } from './failures.ts'

export interface NetworkCheckFacts extends Exchange {
  /** Where the proxy's address was given: `HTTPS_PROXY`. */
  readonly proxyFrom: string | undefined
  /** Where the hosts without a proxy were given. */
  readonly noProxyFrom: string | undefined
}

/** Off by this much, a clock is worth a word; milliseconds. */
const NOTABLE_OFFSET_MS = 30_000

export const NETWORK_CHECKS: Checks<NetworkCheckFacts> = {
  'network-name': {
    title: 'name',
    otherwise: 'No name server answers, or the region is misspelled.',
    family: 'network',
    judge: (facts) =>
      failed('network-name', facts) ??
      (facts.proxy === undefined
        ? reached(facts, 'connection', ok(`${facts.endpoint.hostname} is found`))
        : skipped('the proxy looks it up')),
  },
  'network-proxy': {
    title: 'proxy',
    otherwise:
      'HTTPS_PROXY and NO_PROXY are honoured as other programs do, and forgotten as often.',
    family: 'network',
    judge: (facts) => {
      const { proxy, proxyFrom, noProxyFrom } = facts
      const failure = failed('network-proxy', facts)
      if (failure !== undefined) return failure
      if (proxy !== undefined) return ok(`${proxy}, from ${proxyFrom ?? 'the settings'}`)
      if (proxyFrom === undefined) return ok('none is set')
      const why = noProxyFrom === undefined ? 'it is on this machine' : `of ${noProxyFrom}`
      return ok(`${proxyFrom} is set, and not used for ${facts.endpoint.hostname}, since ${why}`)
    },
  },
  'network-ca-bundle': {
    title: 'CA bundle',
    otherwise: 'It replaces every other root, so what is not in it is not trusted.',
    family: 'config',
    judge: (facts) => failed('network-ca-bundle', facts) ?? ok('none, or one that can be read'),
  },
  'network-connection': {
    title: 'connection',
    otherwise: 'A firewall, or nobody listens there.',
    family: 'network',
    judge: (facts) =>
      failed('network-connection', facts) ??
      reached(
        facts,
        facts.endpoint.protocol === 'https:' ? 'TLS handshake' : 'connection',
        ok(facts.endpoint.host),
      ),
  },
  'network-tls': {
    title: 'TLS',
    otherwise: 'The server is not believed, or a device on the way answers in its place.',
    family: 'network',
    judge: (facts) => {
      const failure = failed('network-tls', facts)
      if (failure !== undefined) return failure
      const { server, endpoint } = facts
      if (server === undefined) return skipped('no connection was made')
      if (server.tlsVersion === undefined) return ok('none, as it is this machine')
      const issuer = server.issuer ?? 'nobody who is named'
      return isAwsName(endpoint.hostname) && !/amazon|starfield|digicert/iu.test(issuer)
        ? warning(
            `the certificate of ${endpoint.hostname} is issued by ${issuer}: a device on the way inspects TLS`,
            'nothing, if that is known and wanted here; else ask who runs the network',
          )
        : ok(`${server.tlsVersion}, certificate issued by ${issuer}`)
    },
  },
  'network-answer': {
    title: 'answer',
    otherwise: 'Something else than Roles Anywhere answers there.',
    family: 'network',
    judge: (facts) =>
      failed('network-answer', facts) ??
      (facts.status === undefined ? skipped('none came') : ok(`HTTP ${facts.status}`)),
  },
  'network-clock': {
    title: 'clock',
    otherwise: 'AWS refuses signatures that are more than some minutes old or early.',
    family: 'config',
    judge: (facts) => {
      const { clockOffsetMs } = facts
      const failure = failed('network-clock', facts)
      if (failure !== undefined) return failure
      if (clockOffsetMs === undefined) return skipped('no answer told the time')
      const seconds = Math.round(Math.abs(clockOffsetMs) / 1000)
      const found = `${seconds} s ${clockOffsetMs > 0 ? 'behind' : 'ahead of'} the server’s`
      const next = 'set the clock of this machine, and keep it by NTP'
      if (Math.abs(clockOffsetMs) > TOLERATED_OFFSET_MS) return problem(found, next)
      return Math.abs(clockOffsetMs) > NOTABLE_OFFSET_MS ? warning(found, next) : ok(found)
    },
  },
}

function failed(id: string, { failure }: NetworkCheckFacts): Verdict | undefined {
  return failure === undefined || checkFor(failure) !== id ? undefined : problemOf(failure)
}

/** Whether the exchange came as far as the phase after the one that is judged. */
function reached({ phases, server }: NetworkCheckFacts, phase: string, verdict: Verdict): Verdict {
  return server !== undefined || phases.some((one) => one === phase)
    ? verdict
    : skipped('it was not come to')
}

function isAwsName(hostname: string): boolean {
  return /\.(?:amazonaws\.com(?:\.cn)?|api\.aws|amazonwebservices\.com\.cn)$/u.test(hostname)
}
