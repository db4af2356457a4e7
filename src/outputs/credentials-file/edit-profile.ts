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

import { classifyConfigLine, type ConfigLine } from '../../settings/aws-config-lines.ts'

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

  for (const { text: line, end, parsed } of lines) {
    if (parsed.kind === 'section') {
      isOurs = parsed.title === title
      isFirst = isOurs && !wasFound
      wasFound ||= isOurs
      isReplacing = false
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

  for (const name of KEY_NAMES.filter((key) => missing.has(key)).reverse()) {
    const later = KEY_NAMES.slice(KEY_NAMES.indexOf(name) + 1).flatMap(
      (key) => places.get(key) ?? [],
    )
    const at = later.length > 0 ? Math.min(...later) : insertAt
    insertLine(output, at, entry(name), eol)
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
