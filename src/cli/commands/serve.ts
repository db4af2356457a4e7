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
import { setHopLimit } from '../../machine/hop-limit.ts'
import { loadLibc } from '../../machine/libc.ts'
import { inheritedSockets } from '../../machine/service-manager.ts'
import { isIpAddress, METADATA_ADDRESSES } from '../../outputs/endpoint/host-table.ts'
import { MetadataTokens } from '../../outputs/endpoint/metadata-token.ts'
import { startEndpoint, type Endpoint, type ListenOn } from '../../outputs/endpoint/server.ts'
import { containerPath } from '../../outputs/endpoint/served-role.ts'
import { openContainerTokens, type ContainerTokens } from '../container-tokens.ts'
import type { Invocation } from '../invocation.ts'
import { openRefreshingRole, type RefreshingRole } from '../refreshing-role.ts'
import { openService } from '../service.ts'
import { untilStopped } from '../until-stopped.ts'
import { userIds } from '../user-ids.ts'
import { VERSION } from '../../core/version.ts'

const DEFAULT_PORT = 9911

export async function execute(invocation: Invocation<'serve'>): Promise<void> {
  const { settings, system, reporter } = invocation
  await using resources = new AsyncDisposableStack()
  const listen = listenOn(invocation)
  const libc = settings.hopLimit === undefined ? undefined : await loadLibc('--hop-limit')
  const allowedUids = userIds(settings.allowUser)
  const roles: RefreshingRole[] = []
  const memory = new SecretMemory()
  for (const one of [settings, ...invocation.furtherSettings]) {
    const role = await openRefreshingRole({ settings: one, system, reporter }, { memory })
    roles.push(resources.use(role))
  }
  const served = roles.map((role) => role.served)
  const tokens = await openContainerTokens(served, invocation)
  const hasImds = !settings.noImds && !settings.allowRemote
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
      onListening(fd, isIpv6) {
        const { hopLimit } = settings
        if (libc !== undefined && hopLimit !== undefined) setHopLimit(libc, fd, hopLimit, isIpv6)
      },
    }),
  )
  if (hasImds && allowedUids === undefined) {
    reporter.warn('every user of this machine can take credentials from the IMDS endpoint', {
      hint: 'name those who may with --allow-user, or use container clients only with --no-imds',
    })
  }
  if (!settings.waitForCredentials) {
    await Promise.all(roles.map(async (role) => role.engine.credentials()))
  }
  for (const role of roles) role.start()
  const stopListening = system.onSignal('SIGHUP', () => {
    for (const role of roles) role.engine.force()
  })
  resources.defer(stopListening)
  using service = await openService(system, reporter)
  await system.writeResult(linesToPaste(endpoint, tokens, { roles, hasImds }))
  service.ready(`serving ${served.length} role(s) on ${endpoint.url}`)
  await untilStopped(system.signal)
  service.stopping()
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
    throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `--bind "${bind}" is no IP address`, {
      hint: 'use 127.0.0.1 or ::1',
    })
  }
  if (!isLoopback(bind) && !METADATA_ADDRESSES.includes(bind) && !allowRemote) {
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      `--bind ${bind} would let other machines connect`,
      { hint: 'use 127.0.0.1 or ::1, or say --allow-remote as well' },
    )
  }
  return { address: bind, port }
}

/** Exactly what programs need in their environment: one of the two ways is enough. */
function linesToPaste(
  { url }: Endpoint,
  tokens: ContainerTokens,
  { roles, hasImds }: { readonly roles: readonly RefreshingRole[]; readonly hasImds: boolean },
): string {
  const container = roles.flatMap(({ served }) => [
    `# profile ${served.profile}`,
    `export AWS_CONTAINER_CREDENTIALS_FULL_URI=${shellWord(url + containerPath(served))}`,
    `export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=${shellWord(tokens.get(served.profile)?.path ?? '')}`,
  ])
  const imds = [
    `# or, as on EC2, profile ${roles[0]?.served.profile ?? ''}`,
    // With the slash, as the reference helper prints it: the AWS CLI 2.9 appends the path without one.
    `export AWS_EC2_METADATA_SERVICE_ENDPOINT=${url}/`,
  ]
  return [...container, ...(hasImds ? imds : []), ''].join('\n')
}

/** As it is where that is safe, since unit files and Dockerfiles take no shell's quotes. */
function shellWord(text: string): string {
  return /^[\w./:%@+,[\]-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
