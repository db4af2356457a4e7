/**
 * Where the value of a setting came from, in words that lead to the place.
 *
 * @module
 */

/** What was written there is found under this name: a flag, a variable, a key of an AWS profile. */
export type Origin =
  | { readonly place: 'flag' | 'environment'; readonly name: string }
  | {
      readonly place: 'profile'
      readonly name: string
      /** As in the file, without its brackets: `profile onprem`. */
      readonly section: string
      /** Of the file, the home folder as `~`. */
      readonly path: string
      /** From 1. */
      readonly line: number
    }

/**
 * `--region`, `AWS_CA_BUNDLE`, `rolesanywhere_region in [profile onprem] of ~/.aws/config, line 7`
 *
 * @param value is shown as one would write it there: `--pin file:PATH`, `ROLESANYWHERE_PIN=file:PATH`
 */
export function describeOrigin(origin: Origin, value?: string): string {
  const { place, name } = origin
  const written = value === undefined ? name : `${name}${ASSIGNMENTS[place]}${value}`
  if (place !== 'profile') return written
  return `${written} in [${origin.section}] of ${origin.path}, line ${origin.line}`
}

const ASSIGNMENTS = { flag: ' ', environment: '=', profile: ' = ' } as const
