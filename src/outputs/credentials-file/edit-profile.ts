/**
 * Sets the three credential keys of one profile in the text of an AWS credentials file.
 *
 * Works on lines and knows only what a reader of such a file knows: every byte that is not one of the
 * three values stays as it was, comments, order, CRLF, BOM, foreign keys and broken lines included.
 * A profile may have several sections, which readers merge; so every occurrence of a key gets the new
 * value, and no old one can win.
 *
 * @see AWS SDKs and Tools Reference Guide, "Format of the credentials file"; reliability.md F5
 * @module
 */

import { classifyConfigLine, splitPair, type ConfigLine } from '../../settings/aws-config-lines.ts'

export interface ProfileKeys {
  readonly aws_access_key_id: string
  readonly aws_secret_access_key: string
  readonly aws_session_token: string
}

/**
 * The file with the keys set; the profile is appended when there is none of that name.
 *
 * @param profile - as it stands between the brackets, see {@link checkProfileName}
 */
export function setProfileKeys(file: Uint8Array, profile: string, keys: ProfileKeys): Uint8Array {
  // One character for one byte: what is not ASCII, or not even UTF-8, passes through untouched.
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1')
  const title = Buffer.from(profile).toString('latin1')
  const sections = sectionsOf(text)
  const eol = text.includes(CRLF) ? CRLF : '\n'
  const edit = sections.some((section) => section.title === title)
    ? textOf(withKeys(sections, title, keys, eol))
    : text + appended(text, title, keys, eol)
  return Buffer.from(edit, 'latin1')
}

type KeyName = keyof ProfileKeys

/** The order in which missing keys are added. */
const KEY_NAMES: readonly KeyName[] = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
]

/** A byte order mark, seen as Latin-1. */
const BOM = '\u00ef\u00bb\u00bf'
const CRLF = '\r\n'

/** A line of the file. */
interface Entry {
  readonly kind: ConfigLine['kind']
  /** Without its line end. */
  readonly text: string
  /** `\n`, `\r\n`, or nothing at the end of the file. */
  readonly end: string
  /** The key of ours that a property sets, or that a continuation line goes on with. */
  readonly key?: KeyName | undefined
}

/** From one header to the next; the first has what stands above the first header. */
interface Section {
  readonly title: string | undefined
  readonly entries: readonly Entry[]
  /** Blanks before its last property. */
  readonly indent: string
}

function sectionsOf(text: string): readonly Section[] {
  const sections: { title: string | undefined; entries: Entry[]; indent: string }[] = []
  let present = { title: undefined as string | undefined, entries: [] as Entry[], indent: '' }
  sections.push(present)
  /** Blanks before the property above, and its key; undefined before the first of a section. */
  let property: { readonly indent: string; readonly key: KeyName | undefined } | undefined
  for (const [line, end] of linesOf(text)) {
    const seen = present.entries.length === 0 && sections.length === 1 ? withoutBom(line) : line
    const parsed = asProperty(seen, classifyConfigLine(seen), property?.indent)
    if (parsed.kind === 'section') {
      present = { title: parsed.title, entries: [], indent: '' }
      sections.push(present)
      property = undefined
    }
    if (parsed.kind === 'property') {
      property = { indent: indentOf(line), key: keyNameOf(parsed) }
      present.indent = property.indent
    }
    const isOfProperty = parsed.kind === 'property' || parsed.kind === 'continuation'
    present.entries.push({
      kind: parsed.kind,
      text: line,
      end,
      key: isOfProperty ? property?.key : undefined,
    })
  }
  return sections
}

function textOf(sections: readonly Section[]): string {
  let whole = ''
  for (const { entries } of sections) for (const { text, end } of entries) whole += text + end
  return whole
}

/** Every section of the profile with the new values, and the first with the keys that it lacks. */
function withKeys(
  sections: readonly Section[],
  title: string,
  keys: ProfileKeys,
  eol: string,
): readonly Section[] {
  const first = sections.find((section) => section.title === title)
  return sections.map((section) => {
    if (section.title !== title) return section
    const replaced = withValues(section, keys, eol)
    return section === first ? withMissingKeys(replaced, keys, eol) : replaced
  })
}

function withValues(section: Section, keys: ProfileKeys, eol: string): Section {
  const entries = section.entries.flatMap((entry): readonly Entry[] => {
    if (entry.key === undefined) return [entry]
    // Lines that go on with a value are part of what is replaced.
    if (entry.kind === 'continuation') return []
    return [{ ...entry, text: replaceValue(entry.text, keys[entry.key], eol) }]
  })
  return { ...section, entries }
}

function withMissingKeys(section: Section, keys: ProfileKeys, eol: string): Section {
  const entries = [...section.entries]
  const place = (key: KeyName): number => entries.findIndex((entry) => entry.key === key)
  for (const [index, key] of [...KEY_NAMES.entries()].reverse()) {
    if (place(key) !== -1) continue
    // Indented less it would take the lines below for its value; more, it would be one itself.
    const text = section.indent + assignment(key, keys)
    const later = KEY_NAMES.slice(index + 1)
      .map(place)
      .filter((at) => at !== -1)
    const end = entries.findLastIndex(({ kind }) => kind !== 'blank' && kind !== 'comment') + 1
    const at = later.length > 0 ? Math.min(...later) : end
    const above = entries[at - 1]
    // The last line of a file without a line end goes on having none.
    if (above?.end === '') {
      entries.splice(at - 1, 1, { ...above, end: eol }, { kind: 'property', text, end: '', key })
    } else {
      entries.splice(at, 0, { kind: 'property', text, end: eol, key })
    }
  }
  return { ...section, entries }
}

/** What is added to a file without the profile, after the line end that it may lack. */
function appended(text: string, title: string, keys: ProfileKeys, eol: string): string {
  const isAtLineStart = text === '' || text === BOM || text.endsWith('\n')
  const lines = [`[${title}]`, ...KEY_NAMES.map((key) => assignment(key, keys))]
  return (isAtLineStart ? '' : eol) + lines.map((line) => line + eol).join('')
}

function assignment(key: KeyName, keys: ProfileKeys): string {
  return `${key} = ${keys[key]}`
}

/** `name = old # why` becomes `# why` and `name = new`: not every reader knows comments there. */
function replaceValue(line: string, value: string, eol: string): string {
  const carriageReturn = line.endsWith('\r') ? '\r' : ''
  const equals = line.indexOf('=')
  const rest = line.slice(equals + 1)
  const blanks = /^[ \t]*/.exec(rest)?.[0] ?? ''
  const comment = /[ \t]([#;].*)$/s.exec(rest)?.[1]
  const kept = comment === undefined ? '' : comment.trimEnd() + eol
  return `${kept}${line.slice(0, equals)}=${blanks}${value}${carriageReturn}`
}

/**
 * An indented line goes on the property above it, and is one itself where none stands above it with
 * fewer blanks: botocore and others read sections that are indented as a whole, and botocore refuses
 * a file in which a section has the same key twice.
 */
function asProperty(line: string, parsed: ConfigLine, indent: string | undefined): ConfigLine {
  if (parsed.kind !== 'continuation') return parsed
  if (indent !== undefined && indentOf(line).length > indent.length) return parsed
  return { kind: 'property', pair: splitPair(line) }
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

function keyNameOf(line: ConfigLine & { readonly kind: 'property' }): KeyName | undefined {
  const name = line.pair?.name.toLowerCase()
  return KEY_NAMES.find((key) => key === name)
}

/** The lines of a text, each with its end. */
function* linesOf(text: string): Generator<readonly [line: string, end: string]> {
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start)
    const stop = feed === -1 ? text.length : feed
    const isCrLf = feed > start && text[feed - 1] === '\r'
    yield [
      text.slice(start, isCrLf ? stop - 1 : stop),
      text.slice(isCrLf ? stop - 1 : stop, stop + 1),
    ]
    start = stop + 1
  }
}

function withoutBom(line: string): string {
  return line.startsWith(BOM) ? line.slice(BOM.length) : line
}
