/**
 * `exec`: a program with credentials in its environment, or beside an endpoint of its own.
 *
 * The program has our terminal; its signals and its exit code are ours.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Pkcs11Uri } from '../../core/pkcs11-uri.ts'
import { findSecretSource, type SecretSource } from '../../core/secret-source.ts'
import { quoted } from '../../core/printable.ts'
import { findProgram } from '../../machine/find-program.ts'
import { startEndpoint } from '../../outputs/endpoint/server.ts'
import { containerPath } from '../../outputs/endpoint/served-role.ts'
import {
  childEnvironment,
  credentialVariables,
  regionVariables,
} from '../../outputs/environment.ts'
import type { Invocation } from '../invocation.ts'
import { obtainCredentials } from '../obtain-credentials.ts'
import { openPrivateToken } from '../private-token.ts'
import { openRefreshingRole } from '../refreshing-role.ts'
import { unlessStopped } from '../stopping.ts'
import { VERSION } from '../../core/version.ts'

export async function execute(invocation: Invocation<'exec'>): Promise<number> {
  const [program, ...args] = invocation.operands
  if (program === undefined) {
    throw new RolesAnywhereError('ERR_USAGE_MISSING_SETTING', 'exec needs a program to run', {
      hint: 'put it behind two dashes: exec --profile onprem -- aws s3 ls',
    })
  }
  const { settings, system, reporter } = invocation
  const state = findProgram(program, system.env['PATH'])
  if (state !== 'found') {
    reporter.error(cannotRun(program, state === 'missing' ? 'no such program' : state))
    return state === 'missing' ? NOT_FOUND : NOT_EXECUTABLE
  }
  if (settings.server) return await runWithEndpoint(program, args, invocation)
  const credentials = await unlessStopped(system.signal, obtainCredentials(invocation))
  return await runProgram(program, args, credentialVariables(credentials), invocation)
}

async function runWithEndpoint(
  program: string,
  args: readonly string[],
  invocation: Invocation<'exec'>,
): Promise<number> {
  const { system, reporter } = invocation
  await using role = await unlessStopped(system.signal, openRefreshingRole(invocation))
  await unlessStopped(system.signal, role.engine.credentials())
  await using own = await openPrivateToken(system, reporter)
  await using endpoint = await startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    roles: [role.served],
    containerTokens: new Map([[role.served.profile, own.token]]),
    metadataTokens: undefined,
    identityDocument: false,
    version: VERSION,
    clock: system.clock,
    reporter,
  })
  role.start()
  const given = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}${containerPath(role.served)}`,
    ...own.variables,
  }
  return await runProgram(program, args, given, invocation)
}

async function runProgram(
  program: string,
  args: readonly string[],
  given: Readonly<Record<string, string>>,
  { settings, system, reporter }: Invocation<'exec'>,
): Promise<number> {
  const isTerminal = await unlessStopped(system.signal, system.isTerminal())
  const env = childEnvironment(
    system.env,
    { ...regionVariables(system.env, settings.region ?? settings.trustAnchorArn.region), ...given },
    secretVariables(settings),
  )
  const ended = Promise.withResolvers<number>()
  const stops: (() => void)[] = []
  try {
    const child = spawn(program, args, { stdio: 'inherit', env })
    child.once('error', ended.reject)
    child.once('exit', (code, signal) => {
      ended.resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
    // The terminal sends the second kind to the program by itself; here they only must not end us.
    for (const name of isTerminal ? FORWARDED : [...FORWARDED, ...TERMINAL_SIGNALS]) {
      stops.push(system.onSignal(name, () => child.kill(name)))
    }
    for (const name of isTerminal ? TERMINAL_SIGNALS : []) {
      stops.push(system.onSignal(name, () => undefined))
    }
    return await ended.promise
  } catch (cause) {
    // Some reasons not to start are thrown (a NUL in an argument), and others come as events.
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    reporter.error(cannotRun(program, code, cause))
    return NOT_EXECUTABLE
  } finally {
    for (const stop of stops) stop()
  }
}

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT'] as const

/** As shells answer for a program that cannot be run. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

function cannotRun(program: string, why: string, cause?: unknown): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    `cannot run ${quoted(program)}: ${why}`,
    {
      hint: 'check the name and PATH',
      cause,
    },
  )
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
