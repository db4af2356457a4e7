/**
 * One CreateSession: identity and transport are opened, used once, and closed.
 *
 * What takes longest begins first, and the rest is loaded meanwhile: the process of a token's module, then
 * the connection to AWS, then whatever this process itself has to do. Nothing but handshakes goes over the
 * connection before the identity is found to be good.
 *
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import type { Identity } from '../core/ports.ts'
import { isOnToken } from '../identity/identity-options.ts'
import { nextTurn } from '../machine/wait.ts'
import type { ServerClock } from '../session/server-clock.ts'
import { openTransport } from '../transport/open-transport.ts'
import { explainingRefusals } from './explain-refusal.ts'
import { identityOptions, identityPorts } from './identity-ports.ts'
import type { SessionInvocation } from './invocation.ts'

export async function fetchCredentials(
  parameters: CreateSessionParameters,
  invocation: SessionInvocation,
  serverClock: ServerClock,
): Promise<SessionCredentials> {
  const { settings, system, reporter } = invocation
  await using transport = await openTransport(settings, system.platform)
  const onToken = isOnToken(settings) ? open(invocation) : undefined
  // After one turn of the event loop the process of a token's module is started.
  if (onToken !== undefined) await Promise.race([onToken, nextTurn()])
  const loaded = transport.prepare(parameters.endpoint)
  await using identity = await (onToken ?? open(invocation))
  const { createSession } = await import('../session/create-session.ts')
  await loaded
  // On the terminal alone: it is no warning, and an SDK that captures stderr has no use for it.
  const stopTelling = system.schedule(TELL_AFTER_MS, () => {
    void system.tellPerson(`waiting for AWS (${parameters.endpoint.host})`)
  })
  const session = createSession(parameters, {
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
  const { certificate } = settings
  try {
    return await explainingRefusals(session, identity, { certificate, clock: system.clock })
  } finally {
    stopTelling()
  }
}

/** Before that nobody wonders. */
const TELL_AFTER_MS = 1000

async function open(invocation: SessionInvocation): Promise<Identity> {
  const { openIdentity } = await import('../identity/open-identity.ts')
  return await openIdentity(identityOptions(invocation.settings), identityPorts(invocation))
}
