/**
 * A profile in the text of the AWS config file: written when it is not there, changed when this program
 * wrote it, and left alone otherwise.
 *
 * @see AWS SDKs and Tools Reference Guide, "Format of the config file"
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import { configProfileOf } from '../settings/aws-config-file.ts'
import { DEFAULT_PROFILE } from '../settings/aws-profile.ts'
import { editSection, sectionLines, type SectionKeys } from '../settings/edit-aws-file.ts'

/** By which a section is known as ours. */
const MARK = '# Written by `rolesanywhere configure`, and changed by it when it is run again.'

export interface ConfigProfile {
  readonly name: string
  /** Keys to set, and those of an earlier kind to take away (undefined). */
  readonly keys: SectionKeys
  /** Only for a section that is made now. */
  readonly firstKeys: SectionKeys
}

/**
 * The file with the profile.
 *
 * @param isForced changes a section that somebody else wrote, too.
 * @throws {RolesAnywhereError} ERR_OUTPUT_EXISTS.
 */
export function withProfile(
  file: Uint8Array,
  { name, keys, firstKeys }: ConfigProfile,
  isForced: boolean,
): Uint8Array {
  const isMeant = titlesOf(file, name)
  const lines = sectionLines(file, isMeant)
  if (lines !== undefined && !lines.includes(MARK) && !isForced) throw foreign(name)
  return editSection(file, {
    isMeant,
    keys: lines === undefined ? new Map([...keys, ...firstKeys]) : keys,
    added: {
      title: name === DEFAULT_PROFILE ? name : `profile ${name}`,
      comment: MARK,
      isSpaced: true,
    },
  })
}

/** Every line of the profile, headers included. */
export function profileLines(file: Uint8Array, name: string): readonly string[] {
  return sectionLines(file, titlesOf(file, name)) ?? []
}

/** Which headers are of that profile: `[profile default]` takes the place of `[default]`. */
function titlesOf(file: Uint8Array, name: string): (title: string) => boolean {
  const isPrefixed = (title: string): boolean =>
    configProfileOf(title)?.name === name && configProfileOf(title)?.prefixed === true
  if (sectionLines(file, isPrefixed) !== undefined) return isPrefixed
  return (title) => configProfileOf(title)?.name === name
}

/**
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for a name that not every SDK, or no command line,
 *   takes as it is.
 */
export function checkNewProfileName(name: string): void {
  if (/^(?!-)[A-Za-z0-9\-/.%@_:+]+$/u.test(name)) return
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    `${quoted(name)} cannot be the name of a profile`,
    { hint: says`use letters, digits and - / . % @ _ : + in ${setting('newProfile')}` },
  )
}

function foreign(name: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_OUTPUT_EXISTS',
    `there is a profile ${quoted(name)} that this program did not write`,
    {
      hint: says`choose another name with ${setting('newProfile')}, or change that one with ${setting('force')}: its other keys stay`,
    },
  )
}
