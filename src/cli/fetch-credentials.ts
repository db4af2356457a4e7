/**
 * One CreateSession: identity and transport are opened, used once, and closed.
 *
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { createSession } from '../session/create-session.ts'
import type { ServerClock } from '../session/server-clock.ts'
import type { Transport } from '../transport/send.ts'
import type { SessionInvocation } from './invocation.ts'
import { openIdentity } from './open-identity.ts'
import { readCaBundle } from './read-ca-bundle.ts'
import { VERSION } from '../core/version.ts'

export async function fetchCredentials(
  parameters: CreateSessionParameters,
  invocation: SessionInvocation,
  serverClock: ServerClock,
): Promise<SessionCredentials> {
  const { settings, system, reporter } = invocation
  const opening = openIdentity(invocation)
  // After one turn of the event loop the process of a token's module is started; it gets ready while
  // we load the transport.
  await Promise.race([opening, system.wait(0)])
  await import('../transport/send.ts')
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

/** As the settings of the way to AWS ask for. */
export async function openTransport(
  settings: SessionInvocation['settings'],
  platform: string,
): Promise<Transport> {
  const { createTransport } = await import('../transport/send.ts')
  return createTransport({
    userAgent: `rolesanywhere/${VERSION} (${platform})`,
    caBundle: settings.caBundle === undefined ? undefined : await readCaBundle(settings.caBundle),
    proxy: { httpsProxy: settings.proxy, noProxy: settings.noProxy },
    verifyTls: !settings.noVerifySsl,
  })
}
