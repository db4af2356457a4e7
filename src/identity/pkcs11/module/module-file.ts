/**
 * The file of a PKCS#11 module before it is loaded: loading one runs its code.
 *
 * It must be a regular file that only root or this user can change or replace, at every level of its path.
 *
 * @see reliability.md T21
 * @module
 */

import { isAbsolute } from 'node:path'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'
import { reasonOf } from '../../../machine/errno.ts'
import { exposureOf, walk, type Walk } from '../../../machine/ownership.ts'

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
  const { path: file, stats, exposed } = lookUp(path)
  if (stats === undefined) throw unusable(path, says`there is no such file (${origin})`)
  if (!stats.isFile()) throw unusable(path, 'it is not a regular file')
  const problem = exposureOf(stats, process.geteuid?.())
  const found = exposed ?? (problem === undefined ? undefined : { path: file, problem })
  if (found === undefined) return file
  throw unusable(
    path,
    `"${found.path}" ${found.problem}, who could replace the module`,
    'a module runs with your rights: keep it where only root or you can write',
  )
}

function lookUp(path: string): Walk {
  try {
    return walk(path, process.geteuid?.())
  } catch (cause) {
    throw unusable(path, reasonOf(cause), undefined, cause)
  }
}

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
