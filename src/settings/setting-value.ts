/**
 * From the text of a setting to its checked value, and to what may be shown of it.
 *
 * Texts come from command lines, environments and files alike, so every rule holds for all of them.
 *
 * @module
 */

import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../core/arn.ts'
import { checkRegion, parseEndpointUrl } from '../core/endpoint.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { hidePin } from '../core/hide-pin.ts'
import {
  parseCertificateLocation,
  parseContentLocation,
  parseKeyLocation,
  type ToPath,
} from '../core/key-location.ts'
import {
  isMisplacedContent,
  MISPLACED_CONTENT,
  MISPLACED_CONTENT_HINT,
} from '../core/misplaced-content.ts'
import { parsePkcs11Uri } from '../core/pkcs11-uri.ts'
import { printable, quoted } from '../core/printable.ts'
import { parseSecretSource, type SecretSource } from '../core/secret-source.ts'
import type { NameOf, SettingName } from '../core/wording.ts'
import { expandHome, type SystemFacts } from '../machine/home-folder.ts'
import { flagFor } from './name-setting.ts'
import type { SettingRow, SettingType, SettingTypes } from './setting-row.ts'

export type SettingValue = SettingTypes[SettingType]

/**
 * @param origin where the text came from, such as `--region` or `AWS_CA_BUNDLE`: every message
 *   begins with it, and none repeats a text that may hold a secret.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, ERR_CONFIG_ARN_INVALID,
 *   ERR_CONFIG_ENDPOINT_INVALID
 */
export function parseSettingValue(
  row: SettingRow,
  text: string,
  origin: string,
  system: SystemFacts,
): SettingValue {
  try {
    // A profile's continuation lines bring line feeds, which have no place in a path or a header.
    const lines = row.type === 'lines' ? text.split('\n') : [text]
    if (!isSecret(row) && lines.some((line) => /\p{Cc}/u.test(line))) {
      throw invalid('the value holds a control character')
    }
    return PARSERS[row.type](text, row, system)
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    // The origin says which setting it is, and better than its flag.
    const nameOf: NameOf = (other) => (other.name === row.name ? 'the value' : flagFor(other))
    const { message, hint } = error.inNamesOf(nameOf)
    throw new RolesAnywhereError(error.code, `${origin}: ${message}`, {
      hint,
      detail: { ...error.detail, setting: row.name, origin },
      cause: error.cause,
    })
  }
}

/** What a debug line may show of a setting. */
export function showSettingValue(row: SettingRow, text: string): string {
  // A command may hold a secret, whatever it is run for.
  if (isSecret(row) || (row.type.endsWith('-location') && text.startsWith('cmd:'))) {
    return '(hidden)'
  }
  const shown = row.type === 'proxy-address' ? withoutUser(text) : hidePin(text)
  return printable(shown, MAX_SHOWN_LENGTH)
}

const MAX_SHOWN_LENGTH = 300

function withoutUser(address: string): string {
  const userEnd = address.lastIndexOf('@')
  if (userEnd === -1) return address
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address) ?? []
  return `${scheme}***${address.slice(userEnd)}`
}

/** Users write the password itself where its source should be, so both count as secret. */
function isSecret(row: SettingRow): boolean {
  return row.type === 'secret-value' || row.type === 'secret-source'
}

type Parser = (text: string, row: SettingRow, system: SystemFacts) => SettingValue

const asText: Parser = (text) => text

const PARSERS: Readonly<Record<SettingType, Parser>> = {
  text: asText,
  lines: (text) => text.split('\n').filter((line) => line !== ''),
  path: parsePath,
  boolean: parseBoolean,
  integer: parseInteger,
  choice: parseChoice,
  'trust-anchor-arn': parseTrustAnchorArn,
  'profile-arn': parseProfileArn,
  'role-arn': parseRoleArn,
  region(text) {
    checkRegion(text)
    return text
  },
  'endpoint-url': parseEndpointUrl,
  'proxy-address': asText,
  'key-location': locationParser(parseKeyLocation),
  'certificate-location': locationParser(parseCertificateLocation),
  'content-location': locationParser(parseContentLocation),
  'pkcs11-uri': parsePkcs11Uri,
  'secret-source': parseSource,
  'secret-value': asText,
}

/** `~/` stands for the home folder in every path. */
function locationParser(
  parse: (text: string, name: SettingName, toPath: ToPath) => SettingValue,
): Parser {
  return (text, row, system) => parse(text, nameOf(row), (path) => expandHome(path, system))
}

function parseSource(text: string, row: SettingRow, system: SystemFacts): SecretSource {
  const source = parseSecretSource(text, nameOf(row))
  if (source.kind !== 'file') return source
  return { ...source, argument: expandHome(source.argument, system) }
}

/** A test holds the names that sentences use against the table. */
function nameOf(row: SettingRow): SettingName {
  return row.name as SettingName
}

function parsePath(text: string, _row: SettingRow, system: SystemFacts): string {
  if (!isMisplacedContent(text)) return expandHome(text, system)
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `the value ${MISPLACED_CONTENT}`, {
    hint: MISPLACED_CONTENT_HINT,
  })
}

/** The forms of Go's `strconv.ParseBool`, which the reference helper takes, in any case of letters. */
function parseBoolean(text: string): boolean {
  const word = text.toLowerCase()
  if (['true', 't', '1'].includes(word)) return true
  if (['false', 'f', '0'].includes(word)) return false
  throw invalid(`${quoted(text)} is neither true nor false`)
}

function parseInteger(text: string, { range = [0, Number.MAX_SAFE_INTEGER] }: SettingRow): number {
  const [minimum, maximum] = range
  const number = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (number !== undefined && number >= minimum && number <= maximum) return number
  throw invalid(`${quoted(text)} is not a whole number from ${minimum} to ${maximum}`)
}

function parseChoice(text: string, { choices = [] }: SettingRow): string {
  const choice = choices.find((word) => word.toLowerCase() === text.toLowerCase())
  if (choice !== undefined) return choice
  throw invalid(`${quoted(text)} is none of ${choices.join(', ')}`)
}

function invalid(message: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', message)
}
