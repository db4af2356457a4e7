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
  return Buffer.from(edit(text, title, keys), 'latin1')
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

interface Line {
  /** Without its line end. */
  readonly text: string
  /** `\n`, `\r\n`, or nothing at the end of the file. */
  readonly end: string
  readonly parsed: ConfigLine
}

function edit(text: string, title: string, keys: ProfileKeys): string {
  const lines = linesOf(text)
  const eol = lines.some((line) => line.end === '\r\n') ? '\r\n' : '\n'
  const output: string[] = []
  const missing = new Set(KEY_NAMES)
  let isOurs = false
  let wasFound = false
  /** Lines that go on the property above them are part of the value that was replaced. */
  let isReplacing = false
  /** Where the first section of the profile ends: after its last property, before blank lines. */
  let insertAt = -1
  /** Places in `output` of the keys of that section. */
  const places = new Map<KeyName, number>()
  let isFirst = false
  /** Blanks before the properties of the present section; undefined before the first of them. */
  let indent: string | undefined
  /** Those of the first section of the profile, for the lines that are added to it. */
  let ownIndent = ''

  for (const { text: line, end, parsed: seen } of lines) {
    const parsed = asProperty(line, seen, indent)
    if (parsed.kind === 'section') {
      isOurs = parsed.title === title
      isFirst = isOurs && !wasFound
      wasFound ||= isOurs
      isReplacing = false
      indent = undefined
    }
    if (parsed.kind === 'property') {
      indent = indentOf(line)
      if (isFirst) ownIndent = indent
    }
    if (parsed.kind === 'continuation' && isReplacing) continue
    const name = parsed.kind === 'property' && isOurs ? keyNameOf(parsed) : undefined
    if (name === undefined) {
      output.push(line + end)
      if (parsed.kind === 'property') isReplacing = false
    } else {
      if (isFirst && !places.has(name)) places.set(name, output.length)
      output.push(replaceValue(line, keys[name], eol) + end)
      if (isFirst) missing.delete(name)
      isReplacing = true
    }
    if (isFirst && parsed.kind !== 'blank' && parsed.kind !== 'comment') insertAt = output.length
  }

  // A file that the profile has to be appended to gets the line end that it lacked.
  const appended = (entries: readonly string[]): string =>
    (text === '' || text === BOM || text.endsWith('\n') ? '' : eol) +
    entries.map((entry) => entry + eol).join('')
  const entry = (name: KeyName): string => `${name} = ${keys[name]}`
  if (!wasFound) return text + appended([`[${title}]`, ...KEY_NAMES.map(entry)])

  // Indented less it would take the lines below for its value; more, it would be one itself.
  const added = (name: KeyName): string => ownIndent + entry(name)
  for (const name of KEY_NAMES.filter((key) => missing.has(key)).reverse()) {
    const later = KEY_NAMES.slice(KEY_NAMES.indexOf(name) + 1).flatMap(
      (key) => places.get(key) ?? [],
    )
    const at = later.length > 0 ? Math.min(...later) : insertAt
    insertLine(output, at, added(name), eol)
    places.set(name, at)
  }
  return output.join('')
}

/** Keeps the last line of a file without a line end when it had none. */
function insertLine(output: string[], at: number, entry: string, eol: string): void {
  const above = output[at - 1]
  if (above === undefined || above.endsWith('\n')) {
    output.splice(at, 0, entry + eol)
  } else {
    output.splice(at - 1, 1, above + eol, entry)
  }
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

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  let start = 0
  while (start < text.length) {
    const feed = text.indexOf('\n', start)
    const stop = feed === -1 ? text.length : feed
    const isCrLf = feed > start && text[feed - 1] === '\r'
    const content = text.slice(start, isCrLf ? stop - 1 : stop)
    const seen = start === 0 && content.startsWith(BOM) ? content.slice(BOM.length) : content
    lines.push({
      text: content,
      end: feed === -1 ? '' : isCrLf ? '\r\n' : '\n',
      parsed: classifyConfigLine(seen),
    })
    start = feed === -1 ? text.length : feed + 1
  }
  return lines
}
