/**
 * From the text of a setting to its checked value, and to what may be shown of it.
 *
 * Texts come from command lines, environments and files alike, so every rule holds for all of them.
 *
 * @module
 */

import { isAbsolute, join } from 'node:path'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../core/arn.ts'
import { checkRegion, parseEndpointUrl } from '../core/endpoint.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { hideSecrets } from '../core/hide-secrets.ts'
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
import { parseSecretSource } from '../core/secret-source.ts'
import { parseSocketAddress } from '../core/socket-address.ts'
import { asValue, says, type SettingName } from '../core/wording.ts'
import { expandHome, type SystemFacts } from '../machine/home-folder.ts'
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
    const { message, hint } = error.wording
    throw new RolesAnywhereError(error.code, says`${origin}: ${asValue(message, row.name)}`, {
      hint,
      detail: { ...error.detail, setting: row.name, origin },
      cause: error.cause,
    })
  }
}

/** What a debug line may show of a setting. */
export function showSettingValue(row: SettingRow, text: string): string {
  // A command may hold a secret, whatever it is run for.
  if (
    isSecret(row) ||
    row.type === 'shell-command' ||
    (row.type.endsWith('-location') && text.startsWith('cmd:'))
  ) {
    return '(hidden)'
  }
  const shown = row.type === 'proxy-address' ? withoutUser(text) : hideSecrets(text)
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
  'shell-command': asText,
  lines: (text) => text.split('\n').filter((line) => line !== ''),
  path: parsePath,
  boolean: parseBoolean,
  integer: parseInteger,
  duration: parseDuration,
  choice: parseChoice,
  'trust-anchor-arn': parseTrustAnchorArn,
  'profile-arn': parseProfileArn,
  'role-arn': parseRoleArn,
  region(text) {
    checkRegion(text)
    return text
  },
  'endpoint-url': parseEndpointUrl,
  'socket-address': parseSocketAddress,
  'proxy-address': asText,
  'key-location': locationParser(parseKeyLocation),
  'certificate-location': locationParser(parseCertificateLocation),
  'content-location': locationParser(parseContentLocation),
  'pkcs11-uri': parsePkcs11Uri,
  'secret-source': locationParser(parseSecretSource),
  'secret-value': (text) => async () => Promise.resolve(text),
}

/** `~/` stands for the home folder in every path. */
function locationParser(
  parse: (text: string, name: SettingName, toPath: ToPath) => SettingValue,
): Parser {
  return (text, row, system) => parse(text, nameOf(row), (path) => toPath(path, system))
}

/** A test holds the names that sentences use against the table. */
function nameOf(row: SettingRow): SettingName {
  return row.name as SettingName
}

function parsePath(text: string, _row: SettingRow, system: SystemFacts): string {
  if (!isMisplacedContent(text)) return toPath(text, system)
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `the value ${MISPLACED_CONTENT}`, {
    hint: MISPLACED_CONTENT_HINT,
  })
}

/** With the home folder for `~`, and absolute where the system says from where. */
function toPath(text: string, system: SystemFacts): string {
  const path = expandHome(text, system)
  if (isAbsolute(path) || system.currentFolder === undefined) return path
  return join(system.currentFolder(), path)
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

function parseDuration(text: string, { range = [0, Number.MAX_SAFE_INTEGER] }: SettingRow): number {
  const [minimum, maximum] = range
  const [, digits = '', unit = 's'] = /^(\d{1,15})([smh]?)$/iu.exec(text) ?? []
  const seconds = digits === '' ? undefined : Number(digits) * (SECONDS[unit.toLowerCase()] ?? 1)
  if (seconds !== undefined && seconds >= minimum && seconds <= maximum) return seconds
  throw invalid(
    `${quoted(text)} is not a time from ${minimum} to ${maximum} seconds, as in 3600, 90m or 1h`,
  )
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

function parseChoice(text: string, { choices = [] }: SettingRow): string {
  const choice = choices.find((word) => word.toLowerCase() === text.toLowerCase())
  if (choice !== undefined) return choice
  throw invalid(`${quoted(text)} is none of ${choices.join(', ')}`)
}

function invalid(message: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', message)
}
