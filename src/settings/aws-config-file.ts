/**
 * Reads the AWS config and credentials files as the AWS SDKs do.
 *
 * Ours instead of a library, because it is small and a start of the program pays for every import.
 * Choosing a profile and reading files from disk are left to others.
 *
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; the behaviour is
 *   that of AWS's own table of 65 parser cases
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { classifyConfigLine, isComment, splitPair, type ConfigPair } from './aws-config-lines.ts'

/** Section headers are spelled differently in the two files. */
export type AwsFileKind = 'config' | 'credentials'

/** Property names are in lower case; sub-properties are the lines of their parent's value. */
export type AwsProperties = ReadonlyMap<string, string>

type SectionKind = 'profile' | 'services' | 'sso-session'

/** Sections by kind and name. */
export type AwsSections = Readonly<Record<SectionKind, ReadonlyMap<string, AwsProperties>>>

/**
 * The sections of one file. Sections and properties with names outside the grammar are left out
 * without complaint, as the SDKs do; a broken structure is an error.
 *
 * @param path names the file in errors, which never quote its content: it may hold secret keys.
 * @throws {RolesAnywhereError} ERR_CONFIG_PROFILE_INVALID, with the line.
 */
export function parseAwsConfigFile(text: string, kind: AwsFileKind, path: string): AwsSections {
  const sections = emptySections()
  let current: Map<string, string> | undefined
  let property: { readonly name: string; readonly hasSubProperties: boolean } | undefined
  let prefixedDefault = false
  let lineNumber = 0

  const refuse = (what: string): never => {
    throw new RolesAnywhereError(
      'ERR_CONFIG_PROFILE_INVALID',
      `line ${lineNumber} of "${path}": ${what}`,
      { hint: 'correct that line, or name another file', detail: { path, line: lineNumber } },
    )
  }

  for (const rawLine of linesOf(text)) {
    lineNumber += 1
    const line = classifyConfigLine(rawLine)
    switch (line.kind) {
      case 'blank':
      case 'comment':
        break
      case 'section': {
        if (line.title === undefined) return refuse("profile definition must end with ']'")
        property = undefined
        const header = parseHeader(line.title, kind)
        // `[profile default]` replaces `[default]` wholly, whichever comes first.
        const isDefault = header?.kind === 'profile' && header.name === 'default'
        const overruled = isDefault && prefixedDefault && !header.prefixed
        if (isDefault && header.prefixed && !prefixedDefault) {
          prefixedDefault = true
          sections.profile.delete('default')
        }
        current =
          header === undefined || overruled
            ? new Map<string, string>() // read, so that its errors are found, and forgotten
            : openSection(sections[header.kind], header.name)
        break
      }
      case 'property': {
        if (current === undefined) return refuse('expected a profile definition')
        const { name, value } = line.pair ?? refuse("expected an '=' sign defining a property")
        if (name === '') return refuse('property did not have a name')
        property = { name: name.toLowerCase(), hasSubProperties: value === '' }
        if (PROPERTY_NAME.test(name)) current.set(property.name, value)
        break
      }
      case 'continuation': {
        if (current === undefined) return refuse('expected a profile definition')
        if (property === undefined) {
          return refuse('expected a property definition, found continuation')
        }
        if (property.hasSubProperties && !isComment(line.text)) {
          const pair = splitPair(line.text)
          if (pair === undefined) return refuse("expected an '=' sign defining a sub-property")
          if (pair.name === '') return refuse('sub-property did not have a name')
        }
        const value = current.get(property.name)
        if (value !== undefined) current.set(property.name, `${value}\n${line.text}`)
        break
      }
    }
  }
  return sections
}

/** Both files as one: within a profile the credentials file wins. */
export function mergeAwsSections(config: AwsSections, credentials: AwsSections): AwsSections {
  const profile = new Map(config.profile)
  for (const [name, properties] of credentials.profile) {
    profile.set(name, new Map([...(profile.get(name) ?? []), ...properties]))
  }
  return { ...config, profile }
}

/** What a file that does not exist holds. */
export function emptySections(): Record<SectionKind, Map<string, Map<string, string>>> {
  return { profile: new Map(), services: new Map(), 'sso-session': new Map() }
}

/** The sub-properties in a property's value, names in lower case. */
export function subProperties(value: string): AwsProperties {
  return new Map(
    value
      .split('\n')
      .filter((line) => !isComment(line))
      .map(splitPair)
      .filter((pair): pair is ConfigPair => pair !== undefined)
      .map(({ name, value: text }) => [name.toLowerCase(), text]),
  )
}

interface Header {
  readonly kind: SectionKind
  readonly name: string
  readonly prefixed: boolean
}

const NAME = String.raw`[A-Za-z0-9\-/.%@_:+]+`
const PROPERTY_NAME = /^[A-Za-z0-9_-]+$/
const BARE_HEADER = new RegExp(`^${NAME}$`)
/** Quotes around the name are what the AWS CLI's own writer puts there. */
const PREFIXED_HEADER = new RegExp(
  String.raw`^(profile|services|sso-session)[ \t]+(["']?)(${NAME})\2$`,
)

/** Undefined for a section that is none of ours to read. */
function parseHeader(title: string, kind: AwsFileKind): Header | undefined {
  if (kind === 'credentials') {
    return BARE_HEADER.test(title) ? { kind: 'profile', name: title, prefixed: false } : undefined
  }
  if (title === 'default') return { kind: 'profile', name: title, prefixed: false }
  const [, section, , name] = PREFIXED_HEADER.exec(title) ?? []
  if (section === undefined || name === undefined) return undefined
  return { kind: section as SectionKind, name, prefixed: true }
}

/** A section that is already there is continued. */
function openSection(
  sections: Map<string, Map<string, string>>,
  name: string,
): Map<string, string> {
  const properties = sections.get(name) ?? new Map<string, string>()
  sections.set(name, properties)
  return properties
}

/** One line at a time: splitting a file of the largest size would cost many times its size. */
function* linesOf(text: string): Generator<string> {
  let start = 0
  for (;;) {
    const end = text.indexOf('\n', start)
    if (end === -1) break
    yield text.slice(start, end)
    start = end + 1
  }
  yield text.slice(start)
}
