/**
 * Where the PIN of a token comes from: attributes of a URI first, then the setting `pin`.
 *
 * @see RFC 7512 section 2.4 (pin-source, pin-value)
 * @module
 */

import { fileURLToPath } from 'node:url'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Reporter } from '../../../core/ports.ts'
import { findSecretSource, type SecretSource } from '../../../core/secret-source.ts'
import { says, setting } from '../../../core/wording.ts'
import type { TokenOptions } from '../../identity-options.ts'
import type { PinSettings } from './pin-entry.ts'

/**
 * The settings for one token; of several URIs the first that says something about the PIN.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_PKCS11_URI_INVALID for a pin-source that is not understood.
 */
export function pinSettings(
  uris: readonly Pkcs11Uri[],
  { pin, reusePin, allowFinalPinTry }: TokenOptions,
  reporter: Reporter,
): PinSettings {
  const settings = { reusePin, allowFinalPinTry }
  for (const { query } of uris) {
    const value = query.get('pin-value')
    if (value !== undefined) {
      reporter.warn('the PIN is written in the pkcs11 URI, where other users may see it', {
        hint: says`use ${setting('pin')} or pin-source, which say where the PIN is`,
      })
      return { ...settings, value }
    }
    const source = query.get('pin-source')
    if (source !== undefined) return { ...settings, source: parsePinSource(source) }
  }
  return { ...settings, source: pin }
}

/** Our own grammar, and the forms of RFC 7512: `|COMMAND`, a `file:` URI, a plain path. */
function parsePinSource(text: string): SecretSource {
  const namedBy = 'pin-source of the pkcs11 URI'
  if (text.startsWith('|')) return { kind: 'cmd', argument: text.slice(1).trim(), namedBy }
  if (text.startsWith('file://')) {
    try {
      return { kind: 'file', argument: fileURLToPath(text), namedBy }
    } catch (cause) {
      throw notUnderstood(cause)
    }
  }
  if (text.startsWith('/') || text.startsWith('./'))
    return { kind: 'file', argument: text, namedBy }
  const source = findSecretSource(text, namedBy)
  if (source === undefined) throw notUnderstood(undefined)
  return source
}

function notUnderstood(cause: unknown): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_PKCS11_URI_INVALID',
    'the pin-source of a pkcs11 URI is not understood',
    { hint: 'example: ?pin-source=file:/etc/token-pin', cause },
  )
}
