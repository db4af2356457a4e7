/**
 * Waits for a socket to open.
 *
 * @module
 */

import type { Socket } from 'node:net'

/** The socket once `event` says it is ready; on failure or abort it is destroyed. */
export function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  explain: (error: Error) => Error,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.destroy()
      reject(signal.reason as Error)
    }
    // Kept for good: a socket between two owners must not bring the process down.
    socket.on('error', (error) => {
      signal.removeEventListener('abort', onAbort)
      reject(explain(error))
    })
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
