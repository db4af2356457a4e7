/**
 * The bytes of keys and certificates: out of a file, or from anywhere else that holds secrets, such as
 * `env:CLIENT_KEY`.
 *
 * @module
 */

import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import { says, setting, type SettingName } from '../../core/wording.ts'
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
