/**
 * PKCS#11 URIs: text to attributes and back.
 *
 * RFC 7512, whole. Where real profiles leave the grammar and the meaning is still certain (an
 * unescaped space, `pin-value` before the `?`, p11-kit's `object-type`), the URI is read and a warning
 * says how to write it. What matches what is the business of identity/pkcs11; reading a PIN is not
 * done here.
 *
 * @module
 */

import { RolesAnywhereError } from './errors.ts'

/** A parsed URI. Attributes keep their bytes: a CKA_ID is binary, and a label may not be UTF-8. */
export interface Pkcs11Uri {
  /** Path attributes by name, the unrecognised too: one of those makes the URI match nothing. */
  readonly path: ReadonlyMap<string, Buffer>
  /** Query attributes by name, first value of a repeated vendor attribute. May hold a PIN. */
  readonly query: ReadonlyMap<string, string>
  /** Sentences about forms that RFC 7512 does not allow; none holds a value. */
  readonly warnings: readonly string[]
}

/** What an object's CKA_CLASS is called in a URI. */
export type Pkcs11ObjectType = 'cert' | 'data' | 'private' | 'public' | 'secret-key'

/** Whether a text names a token rather than a file; a file of such a name is given as `./pkcs11:…`. */
export function isPkcs11Uri(text: string): boolean {
  return /^\s*pkcs11:/i.test(text)
}

/**
 * Reads a URI.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_PKCS11_URI_INVALID, naming the attribute and never a value.
 * @see RFC 7512 section 2.3
 */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  if (!isPkcs11Uri(text)) throw invalid('it does not begin with "pkcs11:"')
  if (text.includes('#')) throw invalid('it holds a "#"', 'write "#" as %23')
  const uri = text.trimStart()
  const rest = uri.slice('pkcs11:'.length)
  const questionMark = rest.indexOf('?')
  const pathText = questionMark < 0 ? rest : rest.slice(0, questionMark)
  const queryText = questionMark < 0 ? '' : rest.slice(questionMark + 1)

  const warnings = uri === text ? [] : ['a blank stands before a pkcs11 URI']
  const path = new Map<string, Buffer>()
  const query = new Map<string, string>()
  for (const { name, value } of attributes(pathText, ';', PATH_CHARACTERS, warnings)) {
    const standardName = PATH_SYNONYMS[name] ?? name
    if (PIN_ATTRIBUTES.includes(standardName)) {
      warnings.push(`"${standardName}" belongs after a "?" in a pkcs11 URI`)
      if (query.has(standardName)) throw invalid(`it has two "${standardName}"`)
      query.set(standardName, value.toString('utf8'))
      continue
    }
    if (path.has(standardName)) throw invalid(`it has two "${standardName}"`)
    path.set(standardName, value)
  }
  for (const { name, value } of attributes(queryText, '&', QUERY_CHARACTERS, warnings)) {
    if (!query.has(name)) query.set(name, value.toString('utf8'))
    else if (QUERY_ATTRIBUTES.includes(name)) throw invalid(`it has two "${name}"`)
  }
  if (query.has('pin-source') && query.has('pin-value')) {
    throw invalid('it has both "pin-source" and "pin-value"', 'keep "pin-source"')
  }
  checkNumbers(path)
  return { path, query, warnings: [...new Set(warnings)] }
}

/** What a formatted URI may say: path attributes as text, CKA_ID as bytes; absent ones are left out. */
export type Pkcs11UriParts = Readonly<
  Partial<Record<(typeof PATH_ATTRIBUTES)[number], string | Uint8Array | undefined>>
>

/**
 * Writes a URI of path attributes only, so it can be shown: it never holds a PIN.
 *
 * Every byte of an `id` is escaped, as RFC 7512 section 2.3 advises for binary values.
 */
export function formatPkcs11Uri(parts: Pkcs11UriParts): string {
  const written = PATH_ATTRIBUTES.flatMap((name) => {
    const value = parts[name]
    if (value === undefined) return []
    return [`${name}=${typeof value === 'string' ? escapeText(value) : escapeBytes(value)}`]
  })
  return `pkcs11:${written.join(';')}`
}

/**
 * How an `id` was probably meant that spells bytes as hex digits: `id=%01` for `id=01`, which is the two
 * bytes "0" and "1". Undefined for any other.
 */
export function meantId({ path }: Pkcs11Uri): string | undefined {
  const digits = /^(?:0x)?((?:[0-9a-f]{2}[: ]?)+)$/iu.exec(path.get('id')?.toString('latin1') ?? '')
  return digits?.[1] === undefined
    ? undefined
    : `id=${escapeBytes(Buffer.from(digits[1].replaceAll(/[: ]/gu, ''), 'hex'))}`
}

/** The URI without its query, safe to show: an attribute after the `?` may be a PIN. */
export function describePkcs11Uri(uri: Pkcs11Uri): string {
  const parts = [...uri.path].map(([name, value]) => {
    return `${name}=${name === 'id' ? escapeBytes(value) : escapeText(value.toString('utf8'))}`
  })
  return `pkcs11:${parts.join(';')}`
}

/** Every path attribute of RFC 7512, in the order in which we write them. */
const PATH_ATTRIBUTES = [
  'library-manufacturer',
  'library-description',
  'library-version',
  'slot-manufacturer',
  'slot-description',
  'slot-id',
  'model',
  'manufacturer',
  'serial',
  'token',
  'id',
  'object',
  'type',
] as const

const QUERY_ATTRIBUTES: readonly string[] = [
  'pin-source',
  'pin-value',
  'module-name',
  'module-path',
]
const PIN_ATTRIBUTES: readonly string[] = ['pin-source', 'pin-value']
/** Names from drafts of RFC 7512 that p11-kit still reads. */
const PATH_SYNONYMS: Readonly<Record<string, string>> = {
  'object-type': 'type',
  objecttype: 'type',
}

/** RFC 7512 `pk11-pchar` and `pk11-qchar` less the percent sign. */
const PATH_CHARACTERS = /^[A-Za-z0-9\-._~:[\]@!$'()*+,=&]*$/
const QUERY_CHARACTERS = /^[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]*$/
const ATTRIBUTE_NAME = /^[A-Za-z0-9_-]+$/
const PERCENT_TRIPLET = /%([0-9A-Fa-f]{2})/g

function* attributes(
  text: string,
  separator: ';' | '&',
  characters: RegExp,
  warnings: string[],
): Generator<{ name: string; value: Buffer }> {
  if (text === '') return
  for (const part of text.split(separator)) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    if (!ATTRIBUTE_NAME.test(name)) throw invalid('an attribute has no proper name')
    if (equals < 0) throw invalid(`${attributeCalled(name)} has no "="`)
    const escaped = part.slice(equals + 1)
    const bare = escaped.replace(PERCENT_TRIPLET, '')
    if (bare.includes('%'))
      throw invalid(`${attributeCalled(name)} has a "%" without two hex digits`)
    // A control character has no honest use, and one in a file name or a label can deceive a reader.
    if (hasControlCharacter(bare)) throw invalid(`${attributeCalled(name)} has a control character`)
    if (!characters.test(bare)) {
      warnings.push(
        `${attributeCalled(name)} of a pkcs11 URI has characters that should be escaped`,
      )
    }
    yield { name, value: unescapeBytes(escaped) }
  }
}

/** What has no name that we know may be a PIN in the wrong place. */
function attributeCalled(name: string): string {
  const known: readonly string[] = [...PATH_ATTRIBUTES, ...QUERY_ATTRIBUTES]
  return known.includes(name) ? `attribute "${name}"` : 'an attribute'
}

/** @see RFC 7512 section 2.3: `slot-id` is decimal, `library-version` is `M` or `M.m` of two bytes. */
function checkNumbers(path: ReadonlyMap<string, Buffer>): void {
  const slotId = path.get('slot-id')?.toString('latin1')
  if (slotId !== undefined && !/^\d{1,20}$/.test(slotId)) {
    throw invalid('"slot-id" is not a decimal number')
  }
  const version = path.get('library-version')?.toString('latin1')
  if (version === undefined) return
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?$/.exec(version)
  if (match === null || Number(match[1]) > 255 || Number(match[2] ?? 0) > 255) {
    throw invalid('"library-version" is not of the form MAJOR.MINOR')
  }
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

function unescapeBytes(escaped: string): Buffer {
  const pieces = escaped
    .split(/(%[0-9A-Fa-f]{2})/)
    .map((piece) =>
      /^%[0-9A-Fa-f]{2}$/.test(piece)
        ? Buffer.from(piece.slice(1), 'hex')
        : Buffer.from(piece, 'utf8'),
    )
  return Buffer.concat(pieces)
}

function escapeText(text: string): string {
  // encodeURIComponent leaves "!'()*" bare, as the grammar allows, and never leaves a separator.
  return encodeURIComponent(text.toWellFormed())
}

function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, (pair) => `%${pair}`)
}

function invalid(reason: string, hint?: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_PKCS11_URI_INVALID',
    `a pkcs11 URI cannot be read: ${reason}`,
    { hint: hint ?? '`rolesanywhere pkcs11 list` prints URIs that are ready to paste' },
  )
}
