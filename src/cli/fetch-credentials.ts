/**
 * One CreateSession: identity and transport are opened, used once, and closed.
 *
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { createSession } from '../session/create-session.ts'
import type { ServerClock } from '../session/server-clock.ts'
import { identityOptions, identityPorts } from './identity-ports.ts'
import type { SessionInvocation } from './invocation.ts'

export async function fetchCredentials(
  parameters: CreateSessionParameters,
  invocation: SessionInvocation,
  serverClock: ServerClock,
): Promise<SessionCredentials> {
  const { settings, system, reporter } = invocation
  const opening = openIdentity(identityOptions(settings), identityPorts(invocation))
  // After one turn of the event loop the process of a token's module is started; it gets ready while
  // we load the transport.
  await Promise.race([opening, system.wait(0)])
  const { openTransport } = await import('../transport/open-transport.ts')
  await using identity = await opening
  await using transport = await openTransport(settings, system.platform)
  return await createSession(parameters, {
    identity,
    send: transport.send,
    serverClock,
    clock: system.clock,
    monotonic: system.monotonic,
    schedule: system.schedule,
    random: system.random,
    wait: system.wait,
    signal: system.signal,
    reporter,
    ...(settings.timeout === undefined ? {} : { totalTimeoutMs: settings.timeout * 1000 }),
  })
}
