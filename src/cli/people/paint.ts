/**
 * Colours, for a terminal only, and for nobody who wants none.
 *
 * @see https://no-color.org; ECMA-48 8.3.117, Select Graphic Rendition
 * @module
 */

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const

export type Colour = keyof typeof CODES

/** Text as it is to be written: what is in it must be fit for a terminal. */
export type Paint = (colour: Colour | undefined, text: string) => string

/**
 * @param env - a NO_COLOR that is not empty turns colours off, and so does TERM=dumb
 */
export function painter(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const { NO_COLOR: none = '', TERM: type = '' } = env
  if (!isTerminal || none !== '' || type === 'dumb') return (_colour, text) => text
  return (colour, text) =>
    colour === undefined ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`
}
