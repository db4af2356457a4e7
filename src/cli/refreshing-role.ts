/**
 * One role whose credentials are kept fresh for as long as the program runs: identity that follows its
 * files, and engine.
 *
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import { sessionParameters } from '../core/session-parameters.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { RotatingIdentity } from '../identity/rotating-identity.ts'
import type { SecretMemory } from '../identity/secret/secret-memory.ts'
import type { ServedRole } from '../outputs/endpoint/served-role.ts'
import { hideMemory } from '../machine/hide-memory.ts'
import { createSession } from '../session/create-session.ts'
import { RefreshEngine } from '../session/refresh-engine.ts'
import { ServerClock } from '../session/server-clock.ts'
import { openTransport } from '../transport/open-transport.ts'
import { explainingRefusals } from './explain-refusal.ts'
import { identityOptions, identityPorts } from './identity-ports.ts'
import type { SessionInvocation } from './invocation.ts'

export interface RefreshingRole extends AsyncDisposable {
  readonly engine: RefreshEngine
  readonly served: ServedRole
  /** Refreshes in the background from now on, and whenever the identity is renewed. */
  start(): void
}

/** Tries of one CreateSession before there were any credentials: somebody is waiting for the answer. */
const FIRST_TRIES = 3

/** New credentials that could not be delivered are offered again while they last this long. */
const WORTH_DELIVERING_MS = 300_000

export interface RefreshingRoleOptions {
  /**
   * Takes new credentials, and how long they last in milliseconds, to where they belong; a refresh has
   * succeeded only when this has.
   */
  readonly deliver?:
    ((credentials: SessionCredentials, lifetimeMs: number) => Promise<void>) | undefined
  /** Is told how long each new session lasts, in milliseconds. */
  readonly judgeLifetime?: ((lifetimeMs: number) => void) | undefined
  /** What a person typed and a pipe brought, for all roles of one invocation. */
  readonly memory?: SecretMemory
}

/**
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function openRefreshingRole(
  invocation: SessionInvocation,
  { deliver, judgeLifetime, memory }: RefreshingRoleOptions = {},
): Promise<RefreshingRole> {
  const { settings, system, reporter } = invocation
  const ports = identityPorts(invocation, memory)
  const { clock, monotonic, random, schedule, wait } = system
  const serverClock = new ServerClock(clock, monotonic)
  const now = (): number => serverClock.now()
  const parameters = sessionParameters(settings)
  // Before there is anything to hide.
  reporter.debug('memory', { hidden: await hideMemory(system.platform) })
  const identity = await RotatingIdentity.open({
    load: async () => openIdentity(identityOptions(settings), ports),
    paths: identityFiles(settings),
    clock: now,
    schedule,
    reporter,
  })

  const create = async (signal: AbortSignal): Promise<SessionCredentials> => {
    await using transport = await openTransport(settings, system.platform)
    const { certificate } = settings
    return await identity.use(async (newest) => {
      const session = createSession(parameters, {
        identity: newest,
        send: transport.send,
        serverClock,
        clock,
        monotonic,
        schedule,
        random,
        wait,
        signal,
        reporter,
        // Later the engine waits between tries, and longer.
        maxAttempts: engine.status().refreshes === 0 ? FIRST_TRIES : 1,
        ...(settings.timeout === undefined ? {} : { totalTimeoutMs: settings.timeout * 1000 }),
      })
      return explainingRefusals(session, newest, { certificate, clock: now })
    })
  }

  let undelivered: SessionCredentials | undefined
  const obtain = async (signal: AbortSignal): Promise<SessionCredentials> => {
    const isWorth = (undelivered?.expiresAt ?? 0) - now() > WORTH_DELIVERING_MS
    const credentials = isWorth && undelivered ? undelivered : await create(signal)
    undelivered = credentials
    const lifetimeMs = credentials.expiresAt - now()
    judgeLifetime?.(lifetimeMs)
    await deliver?.(credentials, lifetimeMs)
    undelivered = undefined
    return credentials
  }
  const engine = new RefreshEngine({
    // What a monitor reads of a failure is said in the words of this role's settings, too.
    obtain: async (signal) => reporter.inItsNames(obtain(signal)),
    clock: now,
    monotonic,
    random,
    schedule,
    reporter,
  })

  return {
    engine,
    served: {
      profile: settings.profile ?? 'default',
      roleArn: parameters.roleArn.text,
      accountId: parameters.roleArn.accountId,
      region: parameters.region,
      credentials: async () => engine.credentials(),
      current: () => engine.current(),
      status: () => engine.status(),
      certificateExpiresAt: () => identity.certificateExpiresAt,
    },
    start() {
      engine.start()
      identity.follow(() => {
        engine.force()
      })
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await identity[Symbol.asyncDispose]()
    },
  }
}

function identityFiles(settings: SessionInvocation['settings']): readonly string[] {
  const { certificate, privateKey, intermediates } = settings
  return [certificate, privateKey, intermediates].flatMap((location) =>
    // What is no path (`env:NAME`, a token's URI) has no folder to be watched in.
    location?.kind === 'path' ? [location.path] : [],
  )
}
