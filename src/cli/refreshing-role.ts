/**
 * One role whose credentials are kept fresh for as long as the program runs: identity that follows its
 * files, and engine.
 *
 * @module
 */

import type { SessionCredentials } from '../core/credentials.ts'
import { RotatingIdentity } from '../identity/rotating-identity.ts'
import type { ServedRole } from '../outputs/endpoint/served-role.ts'
import { createSession } from '../session/create-session.ts'
import { RefreshEngine } from '../session/refresh-engine.ts'
import { ServerClock } from '../session/server-clock.ts'
import { openTransport } from './fetch-credentials.ts'
import type { SessionInvocation } from './invocation.ts'
import { sessionParameters } from './obtain-credentials.ts'
import { openIdentity } from './open-identity.ts'

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

/**
 * @param deliver - takes new credentials to where they belong; a refresh has succeeded only when this has
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function openRefreshingRole(
  invocation: SessionInvocation,
  deliver: (credentials: SessionCredentials) => Promise<void> = async () => Promise.resolve(),
): Promise<RefreshingRole> {
  const { settings, reporter } = invocation
  const { system, keepAnswers } = rememberingAnswers(invocation.system)
  const { clock, monotonic, random, schedule, wait } = system
  const serverClock = new ServerClock(clock, monotonic)
  const now = (): number => serverClock.now()
  const parameters = sessionParameters(settings)
  const identity = await RotatingIdentity.open({
    async load() {
      const opened = await openIdentity({ ...invocation, system })
      keepAnswers()
      return opened
    },
    paths: identityFiles(settings),
    clock: now,
    schedule,
    reporter,
  })

  const create = async (signal: AbortSignal): Promise<SessionCredentials> => {
    await using transport = await openTransport(settings, system.platform)
    return await identity.use(async (newest) =>
      createSession(parameters, {
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
      }),
    )
  }

  let undelivered: SessionCredentials | undefined
  const engine = new RefreshEngine({
    async obtain(signal) {
      const isWorth = (undelivered?.expiresAt ?? 0) - now() > WORTH_DELIVERING_MS
      const credentials = isWorth && undelivered ? undelivered : await create(signal)
      undelivered = credentials
      await deliver(credentials)
      undelivered = undefined
      return credentials
    },
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

/**
 * A person is asked once, not at each renewal; standard input can be read only once anyway. Until
 * `keepAnswers` was called, an answer may still turn out to be wrong, and is asked for again.
 */
function rememberingAnswers(system: SessionInvocation['system']): {
  readonly system: SessionInvocation['system']
  readonly keepAnswers: () => void
} {
  const answers = new Map<string, string>()
  let areKept = false
  let stdin: Promise<Buffer> | undefined
  const remembering: SessionInvocation['system'] = {
    ...system,
    async prompt(question) {
      const known = areKept ? answers.get(question) : undefined
      const answer = known ?? (await system.prompt(question))
      answers.set(question, answer)
      return answer
    },
    async readStdin() {
      stdin ??= system.readStdin()
      // Readers of secrets overwrite what they were given.
      return Buffer.from(await stdin)
    },
  }
  return {
    system: remembering,
    keepAnswers() {
      areKept = true
    },
  }
}
