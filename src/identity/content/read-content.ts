/**
 * The bytes of keys and certificates: out of a file, or from anywhere else that holds secrets, such as
 * `env:CLIENT_KEY`.
 *
 * @module
 */

import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'
import { readSecretBytes } from '../secret/read-secret.ts'
import type { NamedBytes } from '../encoding/decode-blocks.ts'
import { MAX_FILE_BYTES, readSmallFile, type FileContent } from '../../machine/read-file.ts'

export interface SettingContent extends NamedBytes {
  /** Set when the bytes came from a path, and so may change. */
  readonly file?: FileContent
}

/**
 * The bytes at a location.
 *
 * @param setting the flag, such as `--certificate`.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_*, ERR_CONFIG_SECRET_UNAVAILABLE.
 */
export async function readContent(
  location: ContentLocation,
  setting: string,
  ports: SecretPorts,
): Promise<SettingContent> {
  const name = describeLocation(location)
  if (location.kind === 'path') {
    const file = await readSmallFile(location.path, setting)
    return { name, bytes: file.bytes, file }
  }
  const { source } = location
  const bytes = await readSecretBytes(source, setting, ports, { maxBytes: MAX_FILE_BYTES })
  return { name, bytes }
}
