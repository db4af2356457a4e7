/**
 * Sets or removes keys of one section in the text of an AWS config or credentials file.
 *
 * Works on lines and knows only what a reader of such a file knows: every byte that is not one of the
 * values stays as it was, comments, order, CRLF, BOM, foreign keys and broken lines included.
 * A profile may have several sections, which readers merge; so every occurrence of a key gets the new
 * value, and no old one can win.
 *
 * @see AWS SDKs and Tools Reference Guide, "Format of the credentials file"; reliability.md F5
 * @module
 */

import { classifyConfigLine, splitPair, type ConfigLine } from './aws-config-lines.ts'

/** Names in lower case, in the order in which missing ones are added; undefined takes a key away. */
export type SectionKeys = ReadonlyMap<string, string | undefined>

export interface SectionEdit {
  /** Whether a section is meant, by what stands between its brackets. */
  readonly isMeant: (title: string) => boolean
  readonly keys: SectionKeys
  /** What is appended when there is no such section. */
  readonly added: {
    /** What stands between the brackets. */
    readonly title: string
    /** A comment below the header, with its `#`. */
    readonly comment?: string | undefined
    /** An empty line before the header, where something stands above. Default false. */
    readonly isSpaced?: boolean | undefined
  }
}

/** The file with the keys set; the section is appended when there is none. */
export function editSection(file: Uint8Array, { isMeant, keys, added }: SectionEdit): Uint8Array {
  const text = textOfBytes(file)
  const meant = (title: string | undefined): boolean =>
    title !== undefined && isMeant(Buffer.from(title, 'latin1').toString())
  const names = [...keys.keys()]
  const sections = sectionsOf(text, names)
  const eol = text.includes(CRLF) ? CRLF : '\n'
  const written = new Map(
    [...keys].map(([name, value]) => [name, value === undefined ? undefined : asLatin1(value)]),
  )
  const edit = sections.some(({ title }) => meant(title))
    ? textOf(withKeys(sections, meant, written, eol))
    : text + appended(text, added, written, eol)
  return Buffer.from(edit, 'latin1')
}

/** The lines of every section that is meant, headers included; undefined when there is none. */
export function sectionLines(
  file: Uint8Array,
  isMeant: SectionEdit['isMeant'],
): readonly string[] | undefined {
  const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString()
  const found = sectionsOf(textOfBytes(file), []).filter(
    ({ title }) => title !== undefined && isMeant(utf8(title)),
  )
  if (found.length === 0) return undefined
  return found.flatMap(({ entries }) => entries.map(({ text }) => utf8(text)))
}

/** One character for one byte: what is not ASCII, or not even UTF-8, passes through untouched. */
function textOfBytes(file: Uint8Array): string {
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1')
}

function asLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

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
  readonly key?: string | undefined
}

/** From one header to the next; the first has what stands above the first header. */
interface Section {
  readonly title: string | undefined
  readonly entries: readonly Entry[]
  /** Blanks before its last property. */
  readonly indent: string
}

function sectionsOf(text: string, names: readonly string[]): readonly Section[] {
  const sections: { title: string | undefined; entries: Entry[]; indent: string }[] = []
  let present = { title: undefined as string | undefined, entries: [] as Entry[], indent: '' }
  sections.push(present)
  /** Blanks before the property above, and its key; undefined before the first of a section. */
  let property: { readonly indent: string; readonly key: string | undefined } | undefined
  for (const [line, end] of linesOf(text)) {
    const seen = present.entries.length === 0 && sections.length === 1 ? withoutBom(line) : line
    const parsed = asProperty(seen, classifyConfigLine(seen), property?.indent)
    if (parsed.kind === 'section') {
      present = { title: parsed.title, entries: [], indent: '' }
      sections.push(present)
      property = undefined
    }
    if (parsed.kind === 'property') {
      property = { indent: indentOf(line), key: keyNameOf(parsed, names) }
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

/** Every section that is meant with the new values, and the first with the keys that it lacks. */
function withKeys(
  sections: readonly Section[],
  meant: (title: string | undefined) => boolean,
  keys: SectionKeys,
  eol: string,
): readonly Section[] {
  const first = sections.find(({ title }) => meant(title))
  return sections.map((section) => {
    if (!meant(section.title)) return section
    const replaced = withValues(section, keys, eol)
    return section === first ? withMissingKeys(replaced, keys, eol) : replaced
  })
}

function withValues(section: Section, keys: SectionKeys, eol: string): Section {
  const entries = section.entries.flatMap((entry): readonly Entry[] => {
    if (entry.key === undefined) return [entry]
    const value = keys.get(entry.key)
    // Lines that go on with a value are part of what is replaced.
    if (entry.kind === 'continuation' || value === undefined) return []
    return [{ ...entry, text: replaceValue(entry.text, value, eol) }]
  })
  return { ...section, entries }
}

function withMissingKeys(section: Section, keys: SectionKeys, eol: string): Section {
  const entries = [...section.entries]
  const place = (key: string): number => entries.findIndex((entry) => entry.key === key)
  const wanted = assignments(keys)
  for (const [index, { key, text: line }] of [...wanted.entries()].reverse()) {
    if (place(key) !== -1) continue
    // Indented less it would take the lines below for its value; more, it would be one itself.
    const text = section.indent + line
    const later = wanted
      .slice(index + 1)
      .map((one) => place(one.key))
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

/** What is added to a file without the section, after the line end that it may lack. */
function appended(
  text: string,
  { title, comment, isSpaced = false }: SectionEdit['added'],
  keys: SectionKeys,
  eol: string,
): string {
  const isEmpty = text === '' || text === BOM
  const isAtLineStart = isEmpty || text.endsWith('\n')
  const lines = [
    ...(isSpaced && !isEmpty ? [''] : []),
    `[${asLatin1(title)}]`,
    ...(comment === undefined ? [] : [comment]),
    ...assignments(keys).map(({ text: line }) => line),
  ]
  return (isAtLineStart ? '' : eol) + lines.map((line) => line + eol).join('')
}

function assignments(
  keys: SectionKeys,
): readonly { readonly key: string; readonly text: string }[] {
  return [...keys].flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, text: `${key} = ${value}` }],
  )
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

function keyNameOf(
  line: ConfigLine & { readonly kind: 'property' },
  names: readonly string[],
): string | undefined {
  const name = line.pair?.name.toLowerCase()
  return names.find((key) => key === name)
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
