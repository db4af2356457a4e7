/**
 * Reads small files that someone else may have put there: never more than a cap, never a device, and
 * never waiting for a writer.
 *
 * @see reliability.md T14 (permissions) and F8 (FIFOs, devices, huge files)
 * @module
 */

import { stat, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { RolesAnywhereError } from '../core/errors.ts'
import {
  isMisplacedContent,
  MISPLACED_CONTENT,
  MISPLACED_CONTENT_HINT,
} from '../core/misplaced-content.ts'
import type { Reporter } from '../core/ports.ts'
import { inWords, says, settingOf, type Wording } from '../core/wording.ts'
import { readBounded, readBoundedSync, type ReadProblem, type ReadRules } from './bounded-read.ts'
import { errnoOf, reasonOf } from './errno.ts'

/** Keys, certificates and bundles: the largest honest ones have some hundred kilobytes. */
export const MAX_FILE_BYTES = 1_048_576

export interface FileContent {
  readonly path: string
  readonly bytes: Buffer
  /** What `stat` said when the file was open; see `isUnchanged`. */
  readonly stats: BigIntStats
}

export interface PermissionPolicy {
  readonly reporter: Reporter
  /** Refuse instead of warning. Default false: containers mount their secrets with mode 0644. */
  readonly strictPermissions?: boolean | undefined
}

/**
 * The whole content of a regular file.
 *
 * @param named what names the file in messages: a setting, or a part of one.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE, ERR_CONFIG_FILE_NOT_REGULAR,
 *   ERR_CONFIG_FILE_TOO_LARGE; ERR_USAGE_INVALID_VALUE for the content of a file in place of its path.
 */
export async function readSmallFile(
  path: string,
  named: Wording,
  maxBytes: number = MAX_FILE_BYTES,
): Promise<FileContent> {
  checkIsPath(path, named)
  return { path, ...(await readBounded(path, { maxBytes, fail: failureOf(path, named) })) }
}

/** As `readSmallFile`, for what is read while the program starts. */
export function readSmallFileSync(
  path: string,
  named: Wording,
  rules: Omit<ReadRules, 'fail'>,
): FileContent {
  checkIsPath(path, named)
  return { path, ...readBoundedSync(path, { ...rules, fail: failureOf(path, named) }) }
}

/** Whether the path still leads to the same bytes: catches a replaced file, link or folder. */
export async function isUnchanged(file: FileContent): Promise<boolean> {
  try {
    const now = await promisify(stat)(file.path, { bigint: true })
    return (['dev', 'ino', 'size', 'mtimeNs'] as const).every(
      (field) => now[field] === file.stats[field],
    )
  } catch {
    return false
  }
}

/**
 * Warns when others may read a file that holds a secret, or refuses it.
 *
 * @param what names the content, such as `private key`.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_PERMISSIONS under `strictPermissions`.
 */
export function checkPermissions(file: FileContent, what: string, policy: PermissionPolicy): void {
  const mode = Number(file.stats.mode & 0o777n)
  if ((mode & 0o077) === 0) return
  const octal = mode.toString(8).padStart(4, '0')
  const message = `the ${what} file "${file.path}" is open to other users (mode ${octal})`
  const hint = `chmod 600 '${file.path}', or in Kubernetes set defaultMode: 0400`
  if (policy.strictPermissions === true) {
    throw new RolesAnywhereError('ERR_CONFIG_FILE_PERMISSIONS', message, {
      hint,
      detail: { path: file.path, mode: octal },
    })
  }
  policy.reporter.warn(message, { hint })
}

function checkIsPath(path: string, named: Wording): void {
  if (!isMisplacedContent(path)) return
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', says`${named} ${MISPLACED_CONTENT}`, {
    hint: MISPLACED_CONTENT_HINT,
    detail: { setting: settingIn(named) },
  })
}

/** `<(COMMAND)` of a shell is a pipe, which can be read once; a file is read again when it changes. */
function instead(what: string): string {
  return what === 'a named pipe'
    ? ', or, where a source will do, cmd:COMMAND or fd:N in place of the pipe'
    : ''
}

/** Problems with a file that somebody configured, as the errors of the `config` family. */
function failureOf(path: string, named: Wording): (problem: ReadProblem) => RolesAnywhereError {
  const detail = { path, setting: settingIn(named) }
  return (problem) => {
    switch (problem.kind) {
      case 'not-regular':
        return new RolesAnywhereError(
          'ERR_CONFIG_FILE_NOT_REGULAR',
          says`"${path}" (${named}) is ${problem.what}, not a file`,
          {
            hint: says`give the path of a regular file with ${named}${instead(problem.what)}`,
            detail,
          },
        )
      case 'too-large':
        return new RolesAnywhereError(
          'ERR_CONFIG_FILE_TOO_LARGE',
          says`"${path}" (${named}) is larger than ${problem.maxBytes} bytes`,
          { hint: says`check that ${named} names the right file`, detail },
        )
      case 'unreadable': {
        const { cause } = problem
        const hint = HINTS[errnoOf(cause) ?? ''] ?? says`check ${named}`
        return new RolesAnywhereError(
          'ERR_CONFIG_FILE_UNREADABLE',
          says`cannot read "${path}" (${named}): ${reasonOf(cause)}`,
          { hint, detail, cause },
        )
      }
    }
  }
}

/** For programs: the name of the setting, or what else names the file. */
function settingIn(named: Wording): string {
  return settingOf(named) ?? inWords(named)
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'run as a user who may read it, or change its owner or mode',
  EPERM: 'run as a user who may read it, or change its owner or mode',
}
