/**
 * The file of a PKCS#11 module before it is loaded: loading one runs its code.
 *
 * The canonical path must be a regular file that only root or this user can change, and so must every
 * folder above it.
 *
 * @see reliability.md T21; the same rule as OpenSSH's `safe_path`
 * @module
 */

import { realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'

/**
 * The canonical path of a module that may be loaded.
 *
 * @param origin what named the path: a setting, or a part of a URI.
 * @throws {RolesAnywhereError} ERR_TOKEN_MODULE_UNUSABLE.
 */
export function checkModuleFile(path: string, origin: Wording): string {
  if (!isAbsolute(path)) {
    throw unusable(path, says`${origin} needs an absolute path`, 'write the path from "/" on')
  }
  const file = canonicalPath(path, origin)
  const stats = statSync(file)
  if (!stats.isFile()) throw unusable(path, 'it is not a regular file')
  for (let current = file; ; current = dirname(current)) {
    const problem = changeableBy(current)
    if (problem !== undefined) {
      throw unusable(
        path,
        `"${current}" ${problem}, who could replace the module`,
        'a module runs with your rights: keep it where only root or you can write',
      )
    }
    if (current === dirname(current)) return file
  }
}

function canonicalPath(path: string, origin: Wording): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    throw unusable(
      path,
      code === 'ENOENT' ? says`there is no such file (${origin})` : (code ?? 'it cannot be read'),
      undefined,
      cause,
    )
  }
}

/** Who else may change what is at `path`; `undefined` on systems without owners. */
function changeableBy(path: string): string | undefined {
  const userId = process.geteuid?.()
  if (userId === undefined) return undefined
  const stats = statSync(path)
  if (stats.uid !== 0 && stats.uid !== userId) return 'belongs to another user'
  const isStickyFolder = stats.isDirectory() && (stats.mode & STICKY) !== 0
  if (isStickyFolder) return undefined
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'can be written by every user'
  // Folders of root's own group (Debian's /usr/local has group staff, with root's powers), of the
  // user's private group (numbered as the user, unlike one that users share) and of macOS's
  // administrators give nobody a power that they lack.
  const trustedGroups = [0, userId, DEBIAN_STAFF, MACOS_ADMIN]
  if ((stats.mode & WRITABLE_BY_GROUP) !== 0 && !trustedGroups.includes(stats.gid)) {
    return 'can be written by a group'
  }
  return undefined
}

const STICKY = 0o1000
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const DEBIAN_STAFF = 50
const MACOS_ADMIN = 80

function unusable(
  path: string,
  problem: Wording,
  hint?: string,
  cause?: unknown,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_MODULE_UNUSABLE',
    says`the PKCS#11 module "${path}" is not loaded: ${problem}`,
    {
      hint: hint ?? says`give the path of the module with ${setting('pkcs11Lib')}`,
      detail: { path },
      cause,
    },
  )
}
