/**
 * What probes and monitors ask for, and a listener for those that are on other machines.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

import { PeerUsers } from '../../machine/peer-uid.ts'
import { jsonResponse, methodNotAllowed, plainPath, textResponse } from './exchange.ts'
import type { EndpointResponse } from './exchange.ts'
import { createHttpServer, listen, stop, urlOf } from './listener.ts'
import { prometheusText, type RequestCounts } from './metrics.ts'
import type { ServedRole } from './served-role.ts'
import { statusReport } from './status-report.ts'

export interface MonitoredState {
  readonly roles: readonly ServedRole[]
  readonly requests: RequestCounts
  readonly version: string
}

/** `/healthz`, `/readyz` and `/metrics`: nothing that a stranger on the network may not see. */
export function monitoringAnswer(
  method: string,
  path: string,
  { roles, requests, version }: MonitoredState,
): EndpointResponse | undefined {
  const answer = {
    '/healthz': () => textResponse('healthz', 200, 'ok\n'),
    '/readyz': () => {
      const waiting = roles.filter((role) => role.status().expiresAt === undefined)
      return waiting.length === 0
        ? textResponse('readyz', 200, 'ok\n')
        : textResponse('readyz', 503, 'waiting for credentials\n')
    },
    '/metrics': () =>
      textResponse('metrics', 200, prometheusText(roles, requests, version), {
        'content-type': 'text/plain; version=0.0.4',
      }),
  }[path]
  if (answer === undefined) return undefined
  return method === 'GET' ? answer() : methodNotAllowed('GET')
}

/** `/status`: for people on this machine, with the ARNs and error messages of its roles. */
export function statusAnswer(
  method: string,
  path: string,
  { roles, version }: MonitoredState,
): EndpointResponse | undefined {
  if (path !== '/status') return undefined
  if (method !== 'GET') return methodNotAllowed('GET')
  return jsonResponse('status', 200, statusReport(roles, version))
}

export interface Monitor extends AsyncDisposable {
  /** Base URL, without a slash at its end. */
  readonly url: string
}

/**
 * Listens for probes and monitors, wherever they are, and answers nothing else.
 *
 * @throws {RolesAnywhereError} ERR_OUTPUT_ADDRESS_IN_USE, ERR_OUTPUT_UNWRITABLE
 */
export async function startMonitor(
  on: { readonly address: string; readonly port: number },
  state: MonitoredState,
): Promise<Monitor> {
  const { server } = createHttpServer(async ({ method = '', url = '', headers }) => {
    const hasBody =
      (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
    const answer = hasBody
      ? textResponse('refused', 400, 'no request here has a body', { connection: 'close' })
      : (monitoringAnswer(method, plainPath(url), state) ??
        textResponse('unknown', 404, 'not found'))
    return await Promise.resolve(answer)
  }, new PeerUsers())
  const bound = await listen(server, { on, named: 'monitorListen' })
  return { url: urlOf(bound), [Symbol.asyncDispose]: () => stop(server) }
}
