/**
 * Key and certificate settings name a file, or, with the words of the secret grammar, anywhere else:
 * `--private-key env:CLIENT_KEY` needs no file at all.
 *
 * A file that is really called `stdin`, or that starts with `env:`, is given as `./stdin`.
 *
 * @module
 */

import { findSecretSource } from '../../core/secret-source.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'
import { readSecretBytes } from '../secret/read-secret.ts'
import type { NamedBytes } from '../encoding/decode-blocks.ts'
import { MAX_FILE_BYTES, readSmallFile, type FileContent } from '../../machine/read-file.ts'

export interface SettingContent extends NamedBytes {
  /** Set when the bytes came from a path, and so may change. */
  readonly file?: FileContent
}

/**
 * The bytes that a setting names.
 *
 * @param setting the flag, such as `--certificate`.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_*, ERR_CONFIG_SECRET_UNAVAILABLE,
 *   ERR_USAGE_INVALID_VALUE.
 */
export async function readFromSetting(
  text: string,
  setting: string,
  ports: SecretPorts,
): Promise<SettingContent> {
  const source = findSecretSource(text, setting)
  // Nobody types a key at a prompt.
  if (source === undefined || source.kind === 'prompt' || source.kind === 'file') {
    const path = source?.kind === 'file' ? source.argument : text
    const file = await readSmallFile(path, setting)
    return { name: path, bytes: file.bytes, file }
  }
  const bytes = await readSecretBytes(source, setting, ports, { maxBytes: MAX_FILE_BYTES })
  return { name: source.kind === 'cmd' ? `${setting} cmd` : text, bytes }
}
