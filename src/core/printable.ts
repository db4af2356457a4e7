/**
 * Text from elsewhere (settings, file names, certificates, answers of a server) made fit for one line of a
 * terminal or a log: nothing in it may steer a terminal, turn the direction of writing, or look like
 * another line.
 *
 * @module
 */

/** Control, format, surrogate, private and separator characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/** `text` with a `?` for each character that is not to be shown: as long as before, and as it was between. */
export function visible(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?')
}

/**
 * JSON in which such characters are escaped, so that it is whole and harmless at once.
 *
 * @param replacer as `JSON.stringify` has it.
 */
export function jsonText(
  value: unknown,
  replacer?: (name: string, value: unknown) => unknown,
): string {
  return JSON.stringify(value, replacer).replaceAll(UNPRINTABLE, escaped)
}

/** As JSON may write it; what lies beyond 16 bits as its two halves. */
function escaped(character: string): string {
  return character
    .split('')
    .map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/**
 * `text` on one line, with a blank for such characters and for all runs of blanks, cut to `maxLength` UTF-16 units; `…` marks a cut.
 */
export function printable(text: string, maxLength: number): string {
  // Cut first, generously, so that a megabyte of text costs no more than a line of it.
  const line = text
    .slice(0, maxLength * 2)
    .replaceAll(UNPRINTABLE, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  if (line.length <= maxLength && text.length <= maxLength * 2) return line
  return `${line.slice(0, maxLength - 1).toWellFormed()}…`
}

/** `text` in double quotes, printable, at most 120 characters: for names that a user gave. */
export function quoted(text: string): string {
  return `"${printable(text, 120)}"`
}
