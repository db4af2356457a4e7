/**
 * `serve`: credentials for the programs of this machine, from memory, kept fresh in the background.
 *
 * stdout gets the lines to paste into the environment of those programs, once the endpoint answers.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { isLoopback } from '../../core/loopback.ts'
import { SecretMemory } from '../../identity/secret/secret-memory.ts'
import { quoted } from '../../core/printable.ts'
import { says, setting } from '../../core/wording.ts'
import { setHopLimit } from '../../machine/hop-limit.ts'
import { loadLibc } from '../../machine/libc.ts'
import { inheritedSockets } from '../../machine/service-manager.ts'
import { isIpAddress, METADATA_ADDRESSES } from '../../outputs/endpoint/host-table.ts'
import { MetadataTokens } from '../../outputs/endpoint/metadata-token.ts'
import { startMonitor, type Monitor } from '../../outputs/endpoint/monitoring.ts'
import { startEndpoint, type Endpoint, type ListenOn } from '../../outputs/endpoint/server.ts'
import { containerPath, type ServedRole } from '../../outputs/endpoint/served-role.ts'
import { regionVariables } from '../../outputs/environment.ts'
import { ProcessFile } from '../../outputs/process-file.ts'
import { allowedUserIds, openContainerTokens, type ContainerTokens } from '../endpoint-access.ts'
import type { Invocation } from '../invocation.ts'
import { processFilePath } from '../process-file-path.ts'
import { openRefreshingRole, type RefreshingRole } from '../refreshing-role.ts'
import { openService } from '../service.ts'
import type { System } from '../system.ts'
import { warnOfShortSessions } from '../short-sessions.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { unlessStopped, untilStopped } from '../stopping.ts'
import { VERSION } from '../../core/version.ts'

const DEFAULT_PORT = 9911

export async function execute(invocation: Invocation<'serve'>): Promise<void> {
  const { settings, system, reporter } = invocation
  await using resources = new AsyncDisposableStack()
  const listen = listenOn(invocation)
  const libc =
    settings.hopLimit === undefined ? undefined : await loadLibc(says`${setting('hopLimit')}`)
  const allowedUids = allowedUserIds(settings.allowUser)
  const hasImds = !settings.noImds && !settings.allowRemote
  // The metadata service has one role, the first.
  const judgeFirst = hasImds ? warnOfShortSessions(reporter) : undefined
  const roles: RefreshingRole[] = []
  const memory = new SecretMemory()
  const firstCredentials: (() => Promise<unknown>)[] = []
  for (const asked of [{ settings, reporter }, ...invocation.furtherRoles]) {
    const judgeLifetime = roles.length === 0 ? judgeFirst : undefined
    const file = processFileOf(asked, invocation)
    if (file !== undefined) resources.use(file)
    const deliver = file?.write.bind(file)
    const inItsNames = <T>(work: Promise<T>): Promise<T> =>
      unlessStopped(system.signal, asked.reporter.inItsNames(work))
    const role = resources.use(
      await inItsNames(
        openRefreshingRole({ ...asked, system }, { memory, judgeLifetime, deliver }),
      ),
    )
    roles.push(role)
    firstCredentials.push(async () => inItsNames(role.engine.credentials()))
  }
  const served = roles.map((role) => role.served)
  const tokens = await openContainerTokens(served, invocation)
  const requests = new Map<string, number>()
  const endpoint = resources.use(
    await startEndpoint({
      listen,
      hostNames: settings.hostName ?? [],
      allowRemote: settings.allowRemote,
      allowedUids,
      roles: served,
      containerTokens: tokens,
      metadataTokens: hasImds ? new MetadataTokens() : undefined,
      identityDocument: settings.instanceIdentityDocument,
      version: VERSION,
      clock: system.clock,
      reporter,
      requests,
      onListening(fd, isIpv6) {
        const { hopLimit } = settings
        if (libc !== undefined && hopLimit !== undefined) setHopLimit(libc, fd, hopLimit, isIpv6)
      },
    }),
  )
  const monitored = { roles: served, requests, version: VERSION }
  const { monitorListen } = settings
  const monitor = monitorListen && resources.use(await startMonitor(monitorListen, monitored))
  if (hasImds && allowedUids === undefined) {
    reporter.warn('every user of this machine can take credentials from the IMDS endpoint', {
      hint: says`name those who may with ${setting('allowUser')}, or have container clients only with ${setting('noImds')}`,
    })
  }
  if (!settings.waitForCredentials) {
    await Promise.all(firstCredentials.map(async (obtain) => obtain()))
  }
  for (const role of roles) role.start()
  const stopListening = system.onSignal('SIGHUP', () => {
    for (const role of roles) role.engine.force()
  })
  resources.defer(stopListening)
  using service = await openService(system, reporter)
  await system.writeResult(
    linesToPaste(endpoint, tokens, { served, hasImds, env: system.env, monitor }),
    { mayBeLost: true },
  )
  keepHeapSmall()
  service.ready(`serving ${served.length} role(s) on ${endpoint.url}`)
  await untilStopped(system.signal)
  service.stopping()
}

/** The file for `cat` of one role, where such are wanted; several roles need a folder for theirs. */
function processFileOf(
  { settings, reporter }: Pick<Invocation<'serve'>, 'settings' | 'reporter'>,
  { system, furtherRoles }: Invocation<'serve'>,
): ProcessFile | undefined {
  const { processFile: given, profile = 'default' } = settings
  if (given === undefined) return undefined
  const path = processFilePath(given, profile, system)
  if (path === given && furtherRoles.length > 0) {
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      says`${setting('processFile', given)} is one file, and there are several profiles`,
      { hint: `name a folder: ${given}/` },
    )
  }
  return new ProcessFile(path, { ...system, reporter })
}

/** @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, ERR_USAGE_CONFLICT */
function listenOn({ settings, system, reporter }: Invocation<'serve'>): ListenOn {
  const [fd, ...others] = inheritedSockets(system.env, system.pid)
  if (fd !== undefined) {
    if (others.length > 0) reporter.warn('only the first of the inherited sockets is used')
    return { fd }
  }
  const { bind, port = DEFAULT_PORT, allowRemote } = settings
  if (!isIpAddress(bind)) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      says`${setting('bind')}: ${quoted(bind)} is no IP address`,
      { hint: 'use 127.0.0.1 or ::1' },
    )
  }
  if (!isLoopback(bind) && !METADATA_ADDRESSES.includes(bind) && !allowRemote) {
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      says`${setting('bind', bind)} would let other machines connect`,
      { hint: says`use 127.0.0.1 or ::1, or give ${setting('allowRemote')} as well` },
    )
  }
  return { address: bind, port }
}

/** Exactly what programs need in their environment: one of the two ways is enough. */
function linesToPaste(
  { url }: Endpoint,
  tokens: ContainerTokens,
  { served, hasImds, env, monitor }: Served,
): string {
  const blocks = served.map((role) => ({
    comment: `profile ${role.profile}`,
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url + containerPath(role),
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokens.get(role.profile)?.path ?? '',
      ...regionVariables(env, role.region),
    },
  }))
  const [first] = served
  const imds = {
    comment: `or, as on EC2, profile ${first?.profile ?? ''}`,
    variables: {
      // With the slash, as the reference helper prints it: the AWS CLI 2.9 appends the path without one.
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `${url}/`,
      ...regionVariables(env, first?.region ?? ''),
    },
  }
  return [...blocks, ...(hasImds ? [imds] : [])]
    .flatMap(({ comment, variables }) => [
      `# ${comment}`,
      ...Object.entries(variables).map(exported),
    ])
    .concat(monitor === undefined ? [] : [`# for monitors: ${monitor.url}/metrics`])
    .map((line) => `${line}\n`)
    .join('')
}

interface Served {
  readonly served: readonly ServedRole[]
  readonly hasImds: boolean
  readonly monitor: Monitor | undefined
  readonly env: System['env']
}

function exported([name, value]: readonly [name: string, value: string]): string {
  return `export ${name}=${shellWord(value)}`
}

/** As it is where that is safe, since unit files and Dockerfiles take no shell's quotes. */
function shellWord(text: string): string {
  return /^[\w./:%@+,[\]-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
