/**
 * What the user of the command line calls a setting, in messages of the layers below.
 *
 * @module
 */

import type { NameOf, SettingReference } from '../core/wording.ts'
import { describeOrigin, type Origin } from './origin.ts'
import { canComeFrom, flagOf, profileKeyOf } from './setting-row.ts'
import { SETTINGS_TABLE } from './settings-table.ts'

/**
 * The place where a setting was given; for one that was not, its flag.
 *
 * @param origins - by the names of settings
 */
export function namesOf(origins: ReadonlyMap<string, Origin>): NameOf {
  return (reference) => {
    const origin = origins.get(reference.name)
    return origin === undefined ? flagFor(reference) : describeOrigin(origin, reference.value)
  }
}

/** `--pin file:PATH`; for a setting that no flag can give, `rolesanywhere_…`. */
export function flagFor({ name, value }: SettingReference): string {
  const row = SETTINGS_TABLE.find((one) => one.name === name)
  if (row === undefined) return name
  return canComeFrom(row, 'flag')
    ? describeOrigin({ place: 'flag', name: flagOf(row) }, value)
    : [profileKeyOf(row), ...(value === undefined ? [] : [value])].join(' = ')
}
