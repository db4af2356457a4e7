/**
 * What the new profile is to say: from flags, and from a person on the terminal for what is missing.
 *
 * @module
 */

import { resolve } from 'node:path'
import { checkNewProfileName, type ConfigProfile } from '../../configure/config-profile.ts'
import { chainKeys, processKeys } from '../../configure/profile-keys.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'
import { gatherArns } from './gather-arns.ts'
import { gatherIdentity } from './gather-identity.ts'
import type { OpenedLater } from './opened-later.ts'

/** @throws {RolesAnywhereError} ERR_USAGE_*, ERR_CONFIG_*, ERR_CANCELLED. */
export async function gatherProfile(
  invocation: Invocation<'configure'>,
  conversation: OpenedLater,
): Promise<ConfigProfile> {
  const { settings, system } = invocation
  const name = await profileName(invocation, conversation)
  const { sourceProfile, roleArn } = settings
  if (sourceProfile !== undefined) {
    if (roleArn === undefined) throw missing('roleArn')
    return { name, keys: chainKeys(roleArn, sourceProfile, settings), firstKeys: new Map() }
  }
  const identity = await gatherIdentity(invocation, conversation)
  const arns = await gatherArns(invocation, conversation)
  const command = `${PROGRAM} credential-process --profile ${name}`
  const absolute = (path: string): string => resolve(system.currentFolder(), path)
  return {
    name,
    keys: processKeys(command, { ...settings, ...identity, ...arns }, absolute),
    firstKeys: new Map([['region', arns.trustAnchorArn.region]]),
  }
}

async function profileName(
  { settings }: Invocation<'configure'>,
  conversation: OpenedLater,
): Promise<string> {
  const given = settings.newProfile
  const name = given ?? ((await askForName(conversation)) || 'default')
  checkNewProfileName(name)
  return name
}

async function askForName(conversation: OpenedLater): Promise<string> {
  const open = await conversation.get()
  if (open === undefined) throw missing('newProfile')
  return await open.ask('Name of the AWS profile to write [default]: ')
}

function missing(name: 'newProfile' | 'roleArn'): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`configure needs ${setting(name)} where there is no terminal to ask on`,
    { hint: says`give ${setting(name)}` },
  )
}
