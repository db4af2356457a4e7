/**
 * `update`: a profile of the shared credentials file, kept fresh.
 *
 * @module
 */

import { RolesAnywhereError, type ErrorFamily } from '../../core/errors.ts'
import { says } from '../../core/wording.ts'
import { checkProfileName } from '../../outputs/credentials-file/profile-name.ts'
import { writeProfile } from '../../outputs/credentials-file/write-profile.ts'
import { awsFilePath } from '../../settings/aws-config-location.ts'
import type { Invocation } from '../invocation.ts'
import { openRefreshingRole } from '../refreshing-role.ts'
import { PROGRAM } from '../reporter.ts'
import { openService } from '../service.ts'
import { unlessStopped, untilStopped } from '../stopping.ts'

export async function execute(invocation: Invocation<'update'>): Promise<void> {
  const { settings, system, reporter } = invocation
  const profile = settings.targetProfile
  const path = credentialsFile(invocation)
  if (!checkProfileName(profile).isPortable) {
    reporter.warn(`some SDKs do not read a profile with the name "${profile}"`)
  }
  const opening = openRefreshingRole(invocation, {
    async deliver(credentials) {
      const { clock, random, wait, uid } = system
      const ports = { clock, random, wait, uid, reporter, signal: system.signal }
      await writeProfile({ path, profile, credentials }, ports)
      reporter.debug('credentials file written', { path, expiration: credentials.expiration })
    },
  })
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
  system.writeMessage(
    `${PROGRAM}: keeping profile "${profile}" in "${path}" fresh. Programs that run already mostly do not\n` +
      'read that file again: give them `serve`, `exec --server` or credential_process instead.\n',
  )
  service.ready(`keeping profile ${profile} fresh`)
  await untilStopped(system.signal)
  service.stopping()
  stopListening()
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
