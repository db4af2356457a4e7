/**
 * The opposite of setting-value.ts: a value as one would write it into a profile.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { describeLocation, type KeyLocation } from '../core/key-location.ts'
import { describePkcs11Uri, type Pkcs11Uri } from '../core/pkcs11-uri.ts'
import type { SecretSource } from '../core/secret-source.ts'
import { says, setting, type SettingName } from '../core/wording.ts'
import type { SettingRow } from './setting-row.ts'
import type { SettingValue } from './setting-value.ts'

/**
 * @param absolute of a path: whoever reads the profile runs elsewhere.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for what a config file cannot hold, and for a PIN.
 */
export function writeSettingValue(
  row: SettingRow,
  value: SettingValue,
  absolute: (path: string) => string,
): string {
  const text = textOf(row, value, absolute)
  // Behind a blank these begin a comment, and blanks at the ends are cut off.
  if (!/[ \t][#;]|^\s|\s$|[\r\n]/u.test(text)) return text
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    says`the value of ${setting(row.name as SettingName)} cannot stand in an AWS config file`,
    { hint: 'it has a blank at an end, a line break, or "#" or ";" behind a blank' },
  )
}

function textOf(row: SettingRow, value: SettingValue, absolute: (path: string) => string): string {
  switch (row.type) {
    case 'path':
      return absolute(value as string)
    case 'key-location':
    case 'certificate-location':
    case 'content-location':
      return locationText(value as KeyLocation, absolute)
    case 'secret-source':
      return sourceText(value as SecretSource, absolute)
    case 'trust-anchor-arn':
    case 'profile-arn':
    case 'role-arn':
      return (value as { readonly text: string }).text
    default:
      return value instanceof URL ? value.href : (value as string | number | boolean).toString()
  }
}

function locationText(location: KeyLocation, absolute: (path: string) => string): string {
  switch (location.kind) {
    case 'path':
      return absolute(location.path)
    case 'secret':
      return sourceText(location.source, absolute)
    case 'pkcs11':
      return uriText(location.uri)
    case 'tpm-handle':
      return describeLocation(location)
  }
}

function sourceText({ kind, argument }: SecretSource, absolute: (path: string) => string): string {
  if (argument === '') return kind
  return `${kind}:${kind === 'file' ? absolute(argument) : argument}`
}

function uriText(uri: Pkcs11Uri): string {
  if (uri.query.has('pin-value')) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      'a pkcs11 URI with a PIN in it is not written into a file',
      { hint: says`leave "pin-value" out, and say where the PIN is with ${setting('pin')}` },
    )
  }
  const query = [...uri.query].map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll(/%2F|%3A/gu, unescape)}`,
  )
  return [describePkcs11Uri(uri), ...(query.length === 0 ? [] : [query.join('&')])].join('?')
}

/** What a query may hold as it is: RFC 7512 section 2.3. */
function unescape(escaped: string): string {
  return escaped === '%2F' ? '/' : ':'
}
