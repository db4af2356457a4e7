/**
 * Reads the secret that a source names.
 *
 * The value is returned and nothing else: no message, error or debug field here holds it, or text that
 * could be it.
 *
 * @module
 */

import type { SecretSource } from '../../core/secret-source.ts'
import type { ReadSecretOptions, SecretPorts } from './secret-ports.ts'
import { SECRET_READERS, unavailable, type SecretReader } from './secret-readers.ts'

/** Longest secret taken, unless more is asked for. */
const MAX_SECRET_BYTES = 65_536

/**
 * The secret as text, without the one line break that files, commands and pipes end with.
 *
 * @param what names the secret for questions and messages: `the password of "client.key"`.
 * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE, ERR_CONFIG_FILE_*.
 */
export async function readSecret(
  source: SecretSource,
  what: string,
  ports: SecretPorts,
  options: ReadSecretOptions = {},
): Promise<string> {
  const bytes = await readSecretBytes(source, what, ports, options)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(/\r?\n$/u, '')
  } catch {
    // The decoder's error says nothing, and its input is the secret.
    throw unavailable(source, what, 'is not UTF-8 text')
  } finally {
    bytes.fill(0)
  }
}

/** The same as bytes, as they are: for keys and certificates. Throws as `readSecret` does. */
export async function readSecretBytes(
  source: SecretSource,
  what: string,
  ports: SecretPorts,
  options: ReadSecretOptions = {},
): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? MAX_SECRET_BYTES
  const request = { source, what, ports, options, maxBytes }
  const reader: SecretReader = SECRET_READERS[source.kind]
  const memoryName = reader.once?.(request)
  const read = async (): Promise<Buffer | undefined> => reader.read(request)
  const bytes = await (memoryName === undefined ? read() : ports.memory.once(memoryName, read))
  if (bytes === undefined || bytes.length > maxBytes) {
    throw unavailable(source, what, `is longer than ${maxBytes} bytes`)
  }
  // An empty password is a lone line break; nothing at all is an unset variable or a failed command.
  if (bytes.length === 0 && source.kind !== 'prompt') throw unavailable(source, what, 'is empty')
  return bytes
}

/** What a person answered turned out to be wrong: the same question is put again, not answered from memory. */
export function forgetSecret(
  source: SecretSource,
  what: string,
  ports: Pick<SecretPorts, 'memory'>,
  options: ReadSecretOptions = {},
): void {
  const reader: SecretReader = SECRET_READERS[source.kind]
  const memoryName = reader.once?.({ source, what, options })
  if (memoryName !== undefined) ports.memory.forget(memoryName)
}
