/**
 * `update`: a profile of the shared credentials file, or a file for `cat`, kept fresh.
 *
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import { RolesAnywhereError, type ErrorFamily } from '../../core/errors.ts'
import { says } from '../../core/wording.ts'
import { checkProfileName } from '../../outputs/credentials-file/profile-name.ts'
import { writeProfile } from '../../outputs/credentials-file/write-profile.ts'
import { ProcessFile } from '../../outputs/process-file.ts'
import { awsFilePath } from '../../settings/aws-config-location.ts'
import type { Invocation } from '../invocation.ts'
import { processFilePath } from '../process-file-path.ts'
import { openRefreshingRole } from '../refreshing-role.ts'
import { PROGRAM } from '../reporter.ts'
import { openService } from '../service.ts'
import { unlessStopped, untilStopped } from '../stopping.ts'

export async function execute(invocation: Invocation<'update'>): Promise<void> {
  const { settings, system, reporter } = invocation
  using places = openPlaces(invocation)
  const opening = openRefreshingRole(invocation, { deliver: places.deliver })
  await using role = await unlessStopped(system.signal, opening)
  try {
    await unlessStopped(system.signal, role.engine.credentials())
  } catch (error) {
    // The network and AWS may come back; settings do not mend themselves.
    if (!(error instanceof RolesAnywhereError) || !isPassing(error) || settings.once) throw error
    const { message, hint } = error.wording
    reporter.warn(says`${message} (${error.code}); trying again`, { hint })
  }
  if (settings.once) return
  role.start()
  const stopListening = system.onSignal('SIGHUP', () => {
    role.engine.force()
  })
  using service = await openService(system, reporter)
  for (const line of places.told) system.writeMessage(`${PROGRAM}: ${line}\n`)
  service.ready(`keeping ${places.names} fresh`)
  await untilStopped(system.signal)
  service.stopping()
  stopListening()
}

/** Where new credentials go. */
interface Places extends Disposable {
  readonly names: string
  /** For people. */
  readonly told: readonly string[]
  readonly deliver: (credentials: SessionCredentials, lifetimeMs: number) => Promise<void>
}

/** A profile of the credentials file; with --process-file that file, and the profile only when it is named. */
function openPlaces(invocation: Invocation<'update'>): Places {
  const { settings } = invocation
  if (settings.processFile === undefined) {
    return profilePlace(invocation, settings.targetProfile ?? 'default')
  }
  const file = filePlace(invocation, settings.processFile)
  if (settings.targetProfile === undefined) return file
  const profile = profilePlace(invocation, settings.targetProfile)
  return {
    names: `${profile.names} and ${file.names}`,
    told: [...profile.told, ...file.told],
    async deliver(credentials, lifetimeMs) {
      await profile.deliver(credentials, lifetimeMs)
      await file.deliver(credentials, lifetimeMs)
    },
    [Symbol.dispose]() {
      file[Symbol.dispose]()
    },
  }
}

function profilePlace(invocation: Invocation<'update'>, profile: string): Places {
  const { system, reporter } = invocation
  const path = credentialsFile(invocation)
  if (!checkProfileName(profile).isPortable) {
    reporter.warn(`some SDKs do not read a profile with the name "${profile}"`)
  }
  return {
    names: `profile ${profile}`,
    told: [
      `keeping profile "${profile}" in "${path}" fresh. Programs that run already mostly do not\n` +
        'read that file again: give them `serve`, `exec --server` or credential_process instead.',
    ],
    async deliver(credentials) {
      const { clock, random, wait, uid, signal } = system
      const ports = { clock, random, wait, uid, reporter, signal }
      await writeProfile({ path, profile, credentials }, ports)
      reporter.debug('credentials file written', { path, expiration: credentials.expiration })
    },
    [Symbol.dispose]: () => undefined,
  }
}

function filePlace(invocation: Invocation<'update'>, given: string): Places {
  const { settings, system, reporter } = invocation
  const path = processFilePath(given, settings.settingsProfile ?? 'default', system)
  const file = new ProcessFile(path, { ...system, reporter })
  return {
    names: path,
    told: [`keeping "${path}" fresh, for profiles with credential_process = cat ${path}`],
    async deliver(credentials, lifetimeMs) {
      await file.write(credentials, settings.once ? undefined : lifetimeMs)
    },
    [Symbol.dispose]() {
      file[Symbol.dispose]()
    },
  }
}

const PASSING: readonly ErrorFamily[] = ['network', 'service', 'output']

function isPassing(error: RolesAnywhereError): boolean {
  return PASSING.includes(error.family) && error.code !== 'ERR_OUTPUT_UNSAFE'
}

/** `AWS_SHARED_CREDENTIALS_FILE` comes first: services often have no home folder. */
function credentialsFile({ system }: Invocation<'update'>): string {
  const path = awsFilePath('credentials', system)
  if (path !== undefined) return path
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    'it is not known where the credentials file is',
    { hint: 'set AWS_SHARED_CREDENTIALS_FILE, since HOME is not set' },
  )
}
