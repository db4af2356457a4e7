/**
 * Secrets of URIs out of text that is shown: PINs in whatever a person wrote after `pkcs11:`, be it a URI or a
 * failed try at one, and the user of any other.
 *
 * What is shown may be the text of a setting, or a sentence or a system's message that quotes one. So this
 * is done where text is made for people (core/wording.ts, the lines of the command line), and no rule of
 * RFC 7512 is relied on but the separators: a name may be escaped, misspelt, in any case, or stand before
 * a blank.
 *
 * @module
 */

/**
 * `text` with `***` for the value of every attribute called `pin…` behind a `pkcs11:`, and for what stands
 * before the `@` of a URI's authority.
 */
export function hideSecrets(text: string): string {
  return hidePin(text.replace(USER_INFO, '$1***@'))
}

/** RFC 3986 3.2.1; up to the last `@`, since people do not escape those of passwords. Not that of a hint. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)(?!user:password@)[^\s/?#"']*@/giu

function hidePin(text: string): string {
  const start = text.search(SCHEME)
  if (start < 0) return text
  const [path = '', ...query] = text.slice(start).split('?')
  // In the query a `;` or another `?` does not end a value, nor does an `&` in the path.
  const hidden = [path.replace(PIN_IN_PATH, '$1***')]
  if (query.length > 0) hidden.push(query.join('?').replace(PIN_IN_QUERY, '$1***'))
  return text.slice(0, start) + hidden.join('?')
}

const SCHEME = new RegExp(escapable('pkcs11:'), 'iu')
const PIN_ATTRIBUTE = `${escapable('pin')}[^=;?&]*?${escapable('=')}`
const PIN_IN_PATH = new RegExp(`(${PIN_ATTRIBUTE})[^;]*`, 'giu')
const PIN_IN_QUERY = new RegExp(`(${PIN_ATTRIBUTE})[^&]*`, 'giu')

/** A pattern for `word` with any of its characters escaped, in the `i` mode. */
function escapable(word: string): string {
  const hex = (character: string): string => character.charCodeAt(0).toString(16)
  return Array.from(word)
    .map((character) => {
      const codes = new Set([hex(character), hex(character.toUpperCase())])
      return `(?:${[character, ...[...codes].map((code) => `%${code}`)].join('|')})`
    })
    .join('')
}
