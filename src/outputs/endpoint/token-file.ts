/**
 * The file of a container token: made where it is missing, and believed only in safe hands.
 *
 * Who can write to it, or put another file in its place, chooses a token that he knows, and who can make it
 * a link gets the content of any file accepted as one. So nobody else may, at any level of its path.
 *
 * @see reliability.md T1, T8
 * @module
 */

import { randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { link, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { readBounded, type BoundedContent, type ReadProblem } from '../../machine/bounded-read.ts'
import { draftOf } from '../../machine/draft.ts'
import { errnoOf, reasonOf } from '../../machine/errno.ts'
import { makeFolder } from '../../machine/make-folder.ts'
import { exposureOf, walk } from '../../machine/ownership.ts'
import { describeUser } from '../../machine/users.ts'

const MIN_TOKEN_LENGTH = 16
const MAX_TOKEN_BYTES = 16_384

/** 256 random bits, without a newline at their end: some SDKs refuse a token that holds one. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * The token in the file, which is made, with mode 0600, when it is not there.
 *
 * @param uid - of this process
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_CONFIG_SECRET_UNAVAILABLE
 */
export async function openTokenFile(path: string, uid: number): Promise<string> {
  try {
    checkFolder(dirname(path), uid)
    makeFolder(dirname(path))
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) await makeTokenFile(path)
    return await readTokenFile(path, uid)
  } catch (cause) {
    if (cause instanceof RolesAnywhereError) throw cause
    throw new RolesAnywhereError(
      'ERR_OUTPUT_UNWRITABLE',
      `the token file "${path}" cannot be made or read: ${reasonOf(cause)}`,
      { hint: OWN_FOLDER, cause },
    )
  }
}

/**
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNSAFE, ERR_CONFIG_SECRET_UNAVAILABLE; the file system's own error
 *   where the way to the folder cannot be looked at.
 */
export async function readTokenFile(path: string, uid: number): Promise<string> {
  const folder = checkFolder(dirname(path), uid)
  const content = await readBounded(join(folder, basename(path)), {
    maxBytes: MAX_TOKEN_BYTES,
    mayBeLink: false,
    fail: failureOf(path),
  })
  checkOwner(path, content, uid)
  const text = content.bytes.toString('utf8').trim()
  // A file that is being written is empty for a moment; a short secret can be guessed.
  if (text.length < MIN_TOKEN_LENGTH) {
    throw unusable(path, `holds fewer than ${MIN_TOKEN_LENGTH} characters`)
  }
  if (/[^\x21-\x7e]/.test(text)) throw unusable(path, 'holds what no HTTP header can carry')
  return text
}

/** The folder without links on its path. */
function checkFolder(folder: string, uid: number): string {
  const { path, stats, exposed } = walk(folder, uid)
  const problem = stats === undefined ? undefined : exposureOf(stats, uid)
  const found = exposed ?? (problem === undefined ? undefined : { what: 'folder', path, problem })
  if (found === undefined) return path
  throw new RolesAnywhereError(
    'ERR_OUTPUT_UNSAFE',
    `the ${found.what} "${found.path}" of the token files ${found.problem}`,
    { hint: OWN_FOLDER },
  )
}

/** Appears with its content, and never replaces what is there already. */
async function makeTokenFile(path: string): Promise<void> {
  const draft = draftOf(path)
  try {
    await writeFile(draft, newToken(), { flag: 'wx', mode: 0o600 })
    await link(draft, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** A group of readers is for its owner to name; everybody, and a group of writers, are not. */
function checkOwner(path: string, { stats }: BoundedContent, uid: number): void {
  const owner = Number(stats.uid)
  const mode = Number(stats.mode) & 0o777
  const problem =
    owner !== uid && owner !== 0
      ? `belongs to ${describeUser(owner)}, who knows what is in it`
      : (mode & 0o027) !== 0
        ? `is open to other users (mode 0${mode.toString(8)})`
        : undefined
  if (problem === undefined) return
  throw new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `the token file "${path}" ${problem}`, {
    hint: `remove it to have a new one made; for a group of readers: chmod 0640 "${path}"`,
  })
}

function failureOf(path: string): (problem: ReadProblem) => RolesAnywhereError {
  return (problem) => {
    switch (problem.kind) {
      case 'unreadable':
        return errnoOf(problem.cause) === 'ELOOP'
          ? new RolesAnywhereError('ERR_OUTPUT_UNSAFE', `the token file "${path}" is a link`, {
              hint: 'remove it to have a new token made',
            })
          : unusable(path, `cannot be read: ${reasonOf(problem.cause)}`)
      case 'not-regular':
        return new RolesAnywhereError(
          'ERR_OUTPUT_UNSAFE',
          `the token file "${path}" is ${problem.what}`,
          { hint: 'remove it to have a new token made' },
        )
      case 'too-large':
        return unusable(path, 'is far too large')
    }
  }
}

function unusable(path: string, why: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `the token file "${path}" ${why}`,
    { hint: 'remove the file to have a new token made' },
  )
}

const OWN_FOLDER = says`name a folder of your own with ${setting('tokenFolder')}`
