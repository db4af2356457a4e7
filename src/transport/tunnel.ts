/**
 * Asks a proxy, over an open connection to it, for a tunnel to the endpoint.
 *
 * What goes through the tunnel is TLS, so the proxy learns the endpoint's name and no request.
 *
 * @see RFC 9110 section 9.3.6
 * @module
 */

import type { Socket } from 'node:net'
import { overSocket } from './exchange.ts'
import { tunnelFailure, tunnelRefusal } from './exchange-failures.ts'
import { authorityOf, type Peer } from './peer.ts'
import type { Proxy } from './proxy.ts'

/**
 * The same socket, now leading to `target`.
 *
 * @throws {RolesAnywhereError} ERR_NETWORK_PROXY; the reason of `signal` when it is aborted.
 */
export async function openTunnel(
  socket: Socket,
  target: Peer,
  proxy: Proxy,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = authorityOf(target)
  const origin = new URL(`http://${authorityOf(proxy.peer)}`)
  return await overSocket<Socket>(socket, origin, signal, (client, resolve, reject) => {
    client.dispatch(
      {
        method: 'CONNECT',
        path: authority,
        headers: {
          host: authority,
          ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
        },
      },
      {
        onRequestStart() {
          // undici asks for it to be there.
        },
        onRequestUpgrade(_controller, status) {
          if (status >= 200 && status < 300) resolve(socket)
          else {
            const hadPassword = proxy.authorization !== undefined
            reject(tunnelRefusal(status, proxy.peer, hadPassword, target))
          }
        },
        onResponseError(_controller, error) {
          reject(tunnelFailure(error, proxy.peer))
        },
      },
    )
  })
}
