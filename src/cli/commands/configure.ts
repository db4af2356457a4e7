/**
 * `configure`: a profile of the AWS config file that gets its credentials here, shown before it is written.
 *
 * Flags are taken as they are; a terminal is asked for what is missing. What changes is shown, the file as it
 * was is kept, and `--undo` brings it back. Then the doctor looks at it. `--print` is about AWS's side instead.
 *
 * @module
 */

import { join } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import { quoted } from '../../core/printable.ts'
import { profileLines, withProfile, type ConfigProfile } from '../../configure/config-profile.ts'
import { difference } from '../../configure/difference.ts'
import { undoConfig, writeConfig } from '../../configure/write-config.ts'
import type { FileEditPorts } from '../../machine/edit-file.ts'
import { awsFilePath } from '../../settings/aws-config-location.ts'
import { sectionLines } from '../../settings/edit-aws-file.ts'
import { readAwsFile } from '../../settings/read-aws-file.ts'
import { examineProfile } from '../configure/examine-profile.ts'
import { gatherProfile } from '../configure/gather-profile.ts'
import { OpenedLater } from '../configure/opened-later.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'

/** @returns 0 for a profile that was written; with `--test` what the doctor makes of it. */
export async function execute(invocation: Invocation<'configure'>): Promise<number> {
  const { settings, system } = invocation
  if (settings.print !== undefined) {
    const { awsSideAs } = await import('../configure/print-aws-side.ts')
    await system.writeResult(await awsSideAs(settings.print, invocation))
    return 0
  }
  const path = configPath(invocation)
  if (settings.undo) {
    await undo(path, invocation)
    return 0
  }
  using conversation = new OpenedLater(async () => system.converse())
  const profile = await gatherProfile(invocation, conversation)
  const edit = (old: Uint8Array): Uint8Array => withProfile(old, profile, settings.force)
  const old = readAwsFile(path) ?? new Uint8Array()
  const written = edit(old)
  const change = differenceOf(old, written)
  if (settings.dryRun) {
    await system.writeResult(change)
    return 0
  }
  await show(path, change, invocation, conversation)
  warnOfShadows(written, profile, invocation)
  const kept = await writeConfig(path, edit, editPorts(invocation))
  if (kept !== undefined) {
    system.writeMessage(`${PROGRAM}: wrote profile "${profile.name}" to "${path}"\n`)
    system.writeMessage(`${PROGRAM}: \`${PROGRAM} configure --undo\` brings back what was there\n`)
  }
  // A PIN is asked for on the same terminal.
  conversation[Symbol.dispose]()
  // A profile that assumes a role has nothing of ours in it: the doctor looks at the one below.
  const exitCode = await examineProfile(settings.sourceProfile ?? profile.name, invocation)
  return settings.test ? exitCode : 0
}

async function undo(path: string, invocation: Invocation<'configure'>): Promise<void> {
  const { settings, system } = invocation
  const shown = (now: Uint8Array, back: Uint8Array): void => {
    system.writeMessage(differenceOf(now, back))
  }
  await undoConfig(path, shown, settings.force, editPorts(invocation))
  system.writeMessage(`${PROGRAM}: "${path}" is as it was before\n`)
}

/** Who was asked for something is asked once more, now that it can be seen what comes of it. */
async function show(
  path: string,
  change: string,
  { system }: Invocation<'configure'>,
  conversation: OpenedLater,
): Promise<void> {
  const text = change === '' ? `"${path}" stays as it is\n` : `${path}:\n${change}`
  const asked = conversation.ifOpen
  if (asked === undefined) {
    system.writeMessage(text)
    return
  }
  asked.tell(text)
  const answer = change === '' ? 'y' : await asked.ask('Write this? [Y/n] ')
  if (/^(?:y(?:es)?)?$/iu.test(answer)) return
  throw new RolesAnywhereError('ERR_CANCELLED', 'nothing was written')
}

/** SDKs take static keys, and those of the credentials file, before they run a `credential_process`. */
function warnOfShadows(
  written: Uint8Array,
  { name }: ConfigProfile,
  { system, reporter }: Invocation<'configure'>,
): void {
  if (profileLines(written, name).some((line) => /^\s*aws_access_key_id\b/iu.test(line))) {
    reporter.warn(
      `profile "${name}" has an aws_access_key_id: it comes before credential_process`,
      {
        hint: 'remove it and what belongs to it from that section',
      },
    )
  }
  const path = awsFilePath('credentials', system)
  const bytes = path === undefined ? undefined : readAwsFile(path)
  if (path === undefined || bytes === undefined) return
  if (sectionLines(bytes, (title) => title === name) === undefined) return
  reporter.warn(`${quoted(path)} has a section [${name}] too: what it says comes first`, {
    hint: 'remove that section, unless it is meant, or choose another name',
  })
}

function differenceOf(old: Uint8Array, now: Uint8Array): string {
  return difference(Buffer.from(old).toString(), Buffer.from(now).toString())
}

function configPath({ system }: Invocation<'configure'>): string {
  const path = awsFilePath('config', system)
  if (path !== undefined) return path.startsWith('/') ? path : join(system.currentFolder(), path)
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    'it is not known where the AWS config file is',
    { hint: 'set AWS_CONFIG_FILE, since HOME is not set' },
  )
}

function editPorts({ system }: Invocation<'configure'>): FileEditPorts {
  const { clock, random, wait, uid, signal } = system
  return { clock, random, wait, uid, signal }
}
