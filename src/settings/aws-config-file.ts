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
import { classifyConfigLine, isComment, splitPair } from './aws-config-lines.ts'

/** Section headers are spelled differently in the two files. */
export type AwsFileKind = 'config' | 'credentials'

/** A header and where it stands, for those who are told of what is under it. */
export interface AwsSection {
  /** As written between the brackets. */
  readonly title: string
  readonly path: string
}

export interface AwsProperty {
  /** Sub-properties are the lines after the first. */
  readonly value: string
  /** In which line of the file each line of the value is, from 1. */
  readonly lines: readonly number[]
  readonly section: AwsSection
}

/** Property names are in lower case. */
export type AwsProperties = ReadonlyMap<string, AwsProperty>

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
  let current: OpenSection | undefined
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
        const properties =
          header === undefined || overruled
            ? new Map<string, OpenProperty>() // read, so that its errors are found, and forgotten
            : openSection(sections[header.kind], header.name)
        current = { section: { title: line.title, path }, properties }
        break
      }
      case 'property': {
        if (current === undefined) return refuse('expected a profile definition')
        const { name, value } = line.pair ?? refuse("expected an '=' sign defining a property")
        if (name === '') return refuse('property did not have a name')
        property = { name: name.toLowerCase(), hasSubProperties: value === '' }
        if (PROPERTY_NAME.test(name)) {
          const { section } = current
          current.properties.set(property.name, { value, lines: [lineNumber], section })
        }
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
        const continued = current.properties.get(property.name)
        if (continued === undefined) break
        continued.value += `\n${line.text}`
        continued.lines.push(lineNumber)
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

/** While it is read. */
interface OpenProperty extends AwsProperty {
  value: string
  readonly lines: number[]
}

interface OpenSection {
  readonly section: AwsSection
  readonly properties: Map<string, OpenProperty>
}

/** What a file that does not exist holds. */
export function emptySections(): Record<SectionKind, Map<string, Map<string, OpenProperty>>> {
  return { profile: new Map(), services: new Map(), 'sso-session': new Map() }
}

/** The sub-properties in a property's value, names in lower case. */
export function subProperties({ value, lines, section }: AwsProperty): AwsProperties {
  return new Map(
    value.split('\n').flatMap((text, index) => {
      const pair = isComment(text) ? undefined : splitPair(text)
      if (pair === undefined) return []
      const property = { value: pair.value, lines: lines.slice(index, index + 1), section }
      return [[pair.name.toLowerCase(), property] as const]
    }),
  )
}

/** The profile that a header of the config file begins, by the text between the brackets. */
export function configProfileOf(title: string): Omit<Header, 'kind'> | undefined {
  const header = parseHeader(title, 'config')
  return header?.kind === 'profile' ? header : undefined
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
  sections: Map<string, Map<string, OpenProperty>>,
  name: string,
): Map<string, OpenProperty> {
  const properties = sections.get(name) ?? new Map<string, OpenProperty>()
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
