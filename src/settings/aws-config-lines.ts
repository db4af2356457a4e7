/**
 * What one line of an AWS config or credentials file is, seen by itself.
 *
 * Readers and writers share this classification, so that a writer changes exactly the lines that a
 * reader would have read. What lines mean together is in `aws-config-file.ts`.
 *
 * @see AWS SDKs and Tools Reference Guide, "Format of the config file"
 * @module
 */

export type ConfigLine =
  | { readonly kind: 'blank' | 'comment' }
  /** The text between the brackets; undefined when the closing one is missing. */
  | { readonly kind: 'section'; readonly title: string | undefined }
  /** A line that starts with a blank: part of the property above it, comment characters included. */
  | { readonly kind: 'continuation'; readonly text: string }
  /** Undefined when there is no `=`. The name is as written: it may be empty or invalid. */
  | { readonly kind: 'property'; readonly pair: ConfigPair | undefined }

export interface ConfigPair {
  readonly name: string
  readonly value: string
}

/** Classifies one line, given without its line feed; a carriage return at its end is ignored. */
export function classifyConfigLine(line: string): ConfigLine {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  const trimmed = trimBlanks(text)
  if (trimmed === '') return { kind: 'blank' }
  if (isComment(text)) return { kind: 'comment' }
  if (text.startsWith('[')) return { kind: 'section', title: sectionTitle(text) }
  if (isBlank(text, 0)) return { kind: 'continuation', text: trimmed }
  return { kind: 'property', pair: splitPair(text) }
}

/** Whether a line, or an indented line once trimmed, is nothing but a comment. */
export function isComment(text: string): boolean {
  return text.startsWith('#') || text.startsWith(';')
}

/** `name = value # comment`, taken apart at the first `=`; undefined without one. */
export function splitPair(text: string): ConfigPair | undefined {
  // A value may hold `#` and `;`: only after a blank do they start a comment.
  const end = text.search(/[ \t][#;]/)
  const content = end === -1 ? text : text.slice(0, end)
  const equals = content.indexOf('=')
  if (equals === -1) return undefined
  return {
    name: trimBlanks(content.slice(0, equals)),
    value: trimBlanks(content.slice(equals + 1)),
  }
}

/** Beside a header a comment needs no blank before it. */
function sectionTitle(text: string): string | undefined {
  const end = text.search(/[#;]/)
  const content = trimBlanks(end === -1 ? text : text.slice(0, end))
  return content.endsWith(']') ? trimBlanks(content.slice(1, -1)) : undefined
}

/**
 * Takes spaces and tabs off both ends. Not `trim`, which also takes characters that the grammar
 * counts as part of a value; not a regular expression, which is quadratic in a long run of blanks.
 */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text, start)) start += 1
  while (end > start && isBlank(text, end - 1)) end -= 1
  return text.slice(start, end)
}

function isBlank(text: string, index: number): boolean {
  const character = text[index]
  return character === ' ' || character === '\t'
}
