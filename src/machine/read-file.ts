/**
 * Reads small files that someone else may have put there: never more than a cap, never a device, and
 * never waiting for a writer.
 *
 * @see reliability.md T14 (permissions) and F8 (FIFOs, devices, huge files)
 * @module
 */

import { close, constants, fstat, open, read, stat, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { RolesAnywhereError } from '../core/errors.ts'
import {
  isMisplacedContent,
  MISPLACED_CONTENT,
  MISPLACED_CONTENT_HINT,
} from '../core/misplaced-content.ts'
import type { Reporter } from '../core/ports.ts'

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
 * @param setting the flag or setting that named the file, for the error message.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE, ERR_CONFIG_FILE_NOT_REGULAR,
 *   ERR_CONFIG_FILE_TOO_LARGE; ERR_USAGE_INVALID_VALUE for the content of a file in place of its path.
 */
export async function readSmallFile(
  path: string,
  setting: string,
  maxBytes: number = MAX_FILE_BYTES,
): Promise<FileContent> {
  if (isMisplacedContent(path)) {
    throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `${setting} ${MISPLACED_CONTENT}`, {
      hint: MISPLACED_CONTENT_HINT,
      detail: { setting },
    })
  }
  const fd = await openWithoutWaiting(path, setting)
  try {
    const stats = await promisify(fstat)(fd, { bigint: true })
    if (!stats.isFile()) throw notRegular(path, setting, kindOf(stats))
    if (stats.size > maxBytes) throw tooLarge(path, setting, maxBytes)
    // The size may be wrong: files of /proc say 0, and others grow while they are read.
    const bytes = await readAtMost(fd, maxBytes)
    if (bytes === undefined) throw tooLarge(path, setting, maxBytes)
    return { path, bytes, stats }
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unreadable(path, setting, error)
  } finally {
    await promisify(close)(fd)
  }
}

/** Up to `maxBytes` from a descriptor until its end; `undefined` when it holds more. */
export async function readAtMost(fd: number, maxBytes: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafeSlow(maxBytes + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await promisify(read)(fd, buffer, length, buffer.length - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  const bytes = length > maxBytes ? undefined : Buffer.from(buffer.subarray(0, length))
  buffer.fill(0, 0, length)
  return bytes
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

/** O_NONBLOCK opens a FIFO without a writer at once; O_NOCTTY keeps a terminal from adopting us. */
async function openWithoutWaiting(path: string, setting: string): Promise<number> {
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    return await promisify(open)(path, flags)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENXIO') throw notRegular(path, setting, 'a socket')
    throw unreadable(path, setting, error)
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

function notRegular(path: string, setting: string, kind: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_FILE_NOT_REGULAR',
    `"${path}" (${setting}) is ${kind}, not a file`,
    { hint: `give the path of a regular file with ${setting}`, detail: { path, setting } },
  )
}

function tooLarge(path: string, setting: string, maxBytes: number): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_FILE_TOO_LARGE',
    `"${path}" (${setting}) is larger than ${maxBytes} bytes`,
    { hint: `check that ${setting} names the right file`, detail: { path, setting } },
  )
}

function unreadable(path: string, setting: string, cause: unknown): RolesAnywhereError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
  return new RolesAnywhereError(
    'ERR_CONFIG_FILE_UNREADABLE',
    `cannot read "${path}" (${setting}): ${REASONS[code] ?? code}`,
    { hint: HINTS[code] ?? `check ${setting}`, detail: { path, setting }, cause },
  )
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ERR_INVALID_ARG_VALUE: 'the path holds a NUL byte',
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'run as a user who may read it, or change its owner or mode',
  EPERM: 'run as a user who may read it, or change its owner or mode',
}
