/**
 * `exec`: a program with credentials in its environment, or beside an endpoint of its own.
 *
 * The program has our terminal; its signals and its exit code are ours.
 *
 * @module
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Pkcs11Uri } from '../../core/pkcs11-uri.ts'
import { findSecretSource, type SecretSource } from '../../core/secret-source.ts'
import { reasonOf } from '../../machine/errno.ts'
import { ContainerToken } from '../../outputs/endpoint/container-token.ts'
import { startEndpoint } from '../../outputs/endpoint/server.ts'
import { containerPath } from '../../outputs/endpoint/served-role.ts'
import { childEnvironment, credentialVariables } from '../../outputs/environment.ts'
import type { Invocation } from '../invocation.ts'
import { obtainCredentials } from '../obtain-credentials.ts'
import { openRefreshingRole } from '../refreshing-role.ts'
import { VERSION } from '../../core/version.ts'

export async function execute(invocation: Invocation<'exec'>): Promise<number> {
  const [program, ...args] = invocation.operands
  if (program === undefined) {
    throw new RolesAnywhereError('ERR_USAGE_MISSING_SETTING', 'exec needs a program to run', {
      hint: 'put it behind two dashes: exec --profile onprem -- aws s3 ls',
    })
  }
  if (invocation.settings.server) return await runWithEndpoint(program, args, invocation)
  const credentials = await obtainCredentials(invocation)
  return await runProgram(program, args, credentialVariables(credentials), invocation)
}

async function runWithEndpoint(
  program: string,
  args: readonly string[],
  invocation: Invocation<'exec'>,
): Promise<number> {
  const { system, reporter } = invocation
  await using role = await openRefreshingRole(invocation)
  await role.engine.credentials()
  const { token, text } = ContainerToken.ephemeral()
  await using endpoint = await startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    roles: [role.served],
    containerTokens: new Map([[role.served.profile, token]]),
    metadataTokens: undefined,
    identityDocument: false,
    version: VERSION,
    clock: system.clock,
    reporter,
  })
  role.start()
  const given = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}${containerPath(role.served)}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: text,
  }
  return await runProgram(program, args, given, invocation)
}

async function runProgram(
  program: string,
  args: readonly string[],
  given: Readonly<Record<string, string>>,
  { settings, system }: Invocation<'exec'>,
): Promise<number> {
  const { AWS_REGION: region = '', AWS_DEFAULT_REGION: defaultRegion = '' } = system.env
  const own = region || defaultRegion || settings.trustAnchorArn.region
  const isTerminal = await system.isTerminal()
  const env = childEnvironment(
    system.env,
    { AWS_REGION: own, AWS_DEFAULT_REGION: own, ...given },
    secretVariables(settings),
  )
  const child = start(program, args, env)
  const stops = FORWARDED.map((name) => system.onSignal(name, () => child.kill(name)))
  // The terminal sends these to the program by itself; here they only must not end us.
  stops.push(
    ...TERMINAL_SIGNALS.map((name) =>
      system.onSignal(name, () => {
        if (!isTerminal) child.kill(name)
      }),
    ),
  )
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        reject(cannotRun(program, cause))
      })
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    for (const stop of stops) stop()
  }
}

/** Some reasons not to start come as events, and others (a part of the path is a file) at once. */
function start(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  try {
    return spawn(program, args, { stdio: 'inherit', env })
  } catch (cause) {
    throw cannotRun(program, cause)
  }
}

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT'] as const

function cannotRun(program: string, cause: unknown): RolesAnywhereError {
  const why = reasonOf(cause, { ENOENT: 'no such program' })
  return new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `cannot run "${program}": ${why}`, {
    hint: 'check the name and PATH',
    cause,
  })
}

/** The variables that `env:NAME` settings and `pin-source` attributes name. */
function secretVariables(settings: Invocation<'exec'>['settings']): readonly string[] {
  const { certificate, privateKey, intermediates, keyPassword, pin } = settings
  const ofPlaces = [certificate, privateKey, intermediates].map((location) => {
    if (location?.kind === 'pkcs11') return pinSourceOf(location.uri)
    return location?.kind === 'secret' ? location.source : undefined
  })
  return [...ofPlaces, keyPassword, pin].flatMap((source) =>
    source?.kind === 'env' ? [source.argument] : [],
  )
}

function pinSourceOf({ query }: Pkcs11Uri): SecretSource | undefined {
  return findSecretSource(query.get('pin-source') ?? '', 'pin-source')
}
