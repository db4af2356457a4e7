/**
 * Writes the AWS config file, keeping what it was before, and brings that back.
 *
 * There is one backup, beside the file. Its name ends with a digest of what was written after it was made,
 * so that undoing never takes away what somebody wrote since.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import { editFile, type FileEditPorts } from '../machine/edit-file.ts'
import { writeNewFile } from '../machine/new-file.ts'

const NAMED_BY = 'AWS_CONFIG_FILE'

/**
 * Puts what `edit` makes of the file in its place, and keeps the old bytes.
 *
 * @returns where they are kept; undefined when nothing changed.
 * @throws {RolesAnywhereError} as `editFile` and `edit`.
 */
export async function writeConfig(
  path: string,
  edit: (old: Uint8Array) => Uint8Array,
  ports: FileEditPorts,
): Promise<string | undefined> {
  let kept: string | undefined
  let stale: readonly string[] = []
  await editFile(
    {
      path,
      namedBy: NAMED_BY,
      isSecret: false,
      async edit(before, target) {
        const old = before ?? new Uint8Array()
        const now = edit(old)
        if (Buffer.compare(old, now) === 0) return now
        if (kept !== undefined) await rm(kept, { force: true })
        kept = backupOf(target, now)
        stale = (await backupsOf(target)).filter((name) => name !== kept)
        // What an interrupted run of the same words left behind.
        await rm(kept, { force: true })
        await writeNewFile(kept, old)
        return now
      },
    },
    ports,
  )
  for (const name of stale) await rm(name, { force: true })
  return kept
}

/**
 * Brings back what the file was before the last `writeConfig`.
 *
 * @param look is shown what is there and what comes back, and may throw.
 * @param isForced also when somebody has written the file since.
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE when there is no backup, ERR_OUTPUT_EXISTS when the file
 *   was changed since, and as `editFile`.
 */
export async function undoConfig(
  path: string,
  look: (now: Uint8Array, back: Uint8Array) => void,
  isForced: boolean,
  ports: FileEditPorts,
): Promise<void> {
  let backup: string | undefined
  await editFile(
    {
      path,
      namedBy: NAMED_BY,
      isSecret: false,
      async edit(present, target) {
        const now = present ?? new Uint8Array()
        const [only] = await backupsOf(target)
        if (only === undefined) throw nothingKept(target)
        if (only !== backupOf(target, now) && !isForced) throw changedSince(target)
        backup = only
        const back = await readFile(only)
        look(now, back)
        return back
      },
    },
    ports,
  )
  if (backup !== undefined) await rm(backup, { force: true })
}

const SUFFIX = '.before-rolesanywhere-'

function backupOf(path: string, now: Uint8Array): string {
  return path + SUFFIX + createHash('sha256').update(now).digest('hex').slice(0, 16)
}

async function backupsOf(path: string): Promise<readonly string[]> {
  const folder = dirname(path)
  const names = await readdir(folder)
  return names
    .filter((name) => name.startsWith(basename(path) + SUFFIX))
    .map((name) => join(folder, name))
}

function nothingKept(path: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_OUTPUT_UNWRITABLE',
    `there is nothing to undo: no earlier ${quoted(path)} was kept`,
  )
}

function changedSince(path: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_OUTPUT_EXISTS',
    `somebody has changed ${quoted(path)} since it was written here`,
    { hint: says`with ${setting('force')} the earlier file comes back all the same` },
  )
}
