/**
 * Asks a proxy, over an open connection to it, for a tunnel to the endpoint.
 *
 * What goes through the tunnel is TLS, so the proxy learns the endpoint's name and no request.
 *
 * @see RFC 9110 section 9.3.6
 * @module
 */

import type { Socket } from 'node:net'
import { clientOver } from './exchange.ts'
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
  const client = clientOver(socket, new URL(`http://${authorityOf(proxy.peer)}`))
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const onAbort = (): void => {
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  client.dispatch(
    {
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(proxy.authorization === undefined
          ? {}
          : { 'proxy-authorization': proxy.authorization }),
      },
    },
    {
      onRequestStart() {
        // undici asks for it to be there.
      },
      onRequestUpgrade(_controller, status) {
        if (status >= 200 && status < 300) resolve(socket)
        else reject(tunnelRefusal(status, proxy.peer, proxy.authorization !== undefined, target))
      },
      onResponseError(_controller, error) {
        reject(tunnelFailure(error, proxy.peer))
      },
    },
  )
  try {
    return await promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await client.destroy()
  }
}
