/**
 * Text from elsewhere (settings, answers of a server) made fit for one line of a terminal or a log.
 *
 * @module
 */

/**
 * `text` on one line, without control, format and separator characters (no terminal escape, no
 * right-to-left trick survives), cut to `maxLength` UTF-16 units; `…` marks a cut.
 */
export function printable(text: string, maxLength: number): string {
  // Cut first, generously, so that a megabyte of text costs no more than a line of it.
  const line = text
    .slice(0, maxLength * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  if (line.length <= maxLength && text.length <= maxLength * 2) return line
  return `${line.slice(0, maxLength - 1).toWellFormed()}…`
}

/** `text` in double quotes, printable, at most 120 characters: for names that a user gave. */
export function quoted(text: string): string {
  return `"${printable(text, 120)}"`
}
