/**
 * The bytes of keys and certificates: out of a file or the files of a folder, such as a mounted secret, or
 * from anywhere else that holds secrets, such as `env:CLIENT_KEY`.
 *
 * @module
 */

import { readdir, stat } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RolesAnywhereError } from '../../core/errors.ts'
import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import { says, setting, type SettingName } from '../../core/wording.ts'
import { errnoOf } from '../../machine/errno.ts'
import { MAX_FILE_BYTES, readSmallFile, type FileContent } from '../../machine/read-file.ts'
import type { NamedBytes } from '../encoding/decode-blocks.ts'
import { readSecretBytes } from '../secret/read-secret.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'

export interface SettingContent extends NamedBytes {
  /** Set when the bytes came from a path, and so may change. */
  readonly file?: FileContent
}

/**
 * The bytes at a location.
 *
 * @param name the setting that names the location.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_*, ERR_CONFIG_SECRET_UNAVAILABLE.
 */
export async function readContent(
  location: ContentLocation,
  name: SettingName,
  ports: SecretPorts,
): Promise<SettingContent> {
  const shown = describeLocation(location)
  if (location.kind === 'path') {
    const file = await readSmallFile(location.path, says`${setting(name)}`)
    return { name: shown, bytes: file.bytes, file }
  }
  const what = WHAT[name] ?? 'the content'
  const bytes = await readSecretBytes(location.source, what, ports, { maxBytes: MAX_FILE_BYTES })
  return { name: shown, bytes }
}

const WHAT: Readonly<Partial<Record<SettingName, string>>> = {
  certificate: 'the certificate',
  privateKey: 'the private key',
  intermediates: 'the intermediate certificates',
}

/** A folder with more files is not one that was made for this. */
const MAX_FILES = 256

/**
 * The files of a folder in the order of their names, or undefined when the path names no folder.
 * Hidden files, larger ones and what is no file are left out.
 *
 * @param name the setting that named the folder, for messages.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE, ERR_CONFIG_FILE_TOO_LARGE.
 */
export async function readFolder(
  path: string,
  name: SettingName,
): Promise<readonly SettingContent[] | undefined> {
  const names = await namesIn(path, name)
  if (names === undefined) return undefined
  const contents: SettingContent[] = []
  for (const fileName of names) {
    const filePath = join(path, fileName)
    if (!(await isSmallFile(filePath))) continue
    if (contents.length === MAX_FILES) {
      throw new RolesAnywhereError(
        'ERR_CONFIG_FILE_TOO_LARGE',
        says`the folder "${path}" (${setting(name)}) holds more than ${MAX_FILES} files`,
        { hint: 'keep only certificates and keys in it' },
      )
    }
    const file = await readSmallFile(filePath, says`${setting(name)}`)
    contents.push({ name: filePath, bytes: file.bytes, file })
  }
  return contents
}

async function namesIn(path: string, name: SettingName): Promise<readonly string[] | undefined> {
  try {
    const names = await promisify(readdir)(path)
    return names.filter((fileName) => !fileName.startsWith('.')).sort()
  } catch (cause) {
    const code = errnoOf(cause)
    // Reading the path as a file says what is wrong with it.
    if (code !== 'EACCES' || !(await isFolder(path))) return undefined
    throw new RolesAnywhereError(
      'ERR_CONFIG_FILE_UNREADABLE',
      says`the folder "${path}" (${setting(name)}) cannot be read (${code})`,
      { hint: 'let this user list it', cause },
    )
  }
}

async function isFolder(path: string): Promise<boolean> {
  return promisify(stat)(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

async function isSmallFile(path: string): Promise<boolean> {
  return promisify(stat)(path).then(
    (stats) => stats.isFile() && stats.size <= MAX_FILE_BYTES,
    () => false,
  )
}
