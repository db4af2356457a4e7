/**
 * What the user of the command line calls a setting, in messages of the layers below.
 *
 * @module
 */

import type { SettingReference } from '../core/wording.ts'
import { flagOf } from './setting-row.ts'
import { SETTINGS_TABLE } from './settings-table.ts'

/** `--pin file:PATH` */
export function flagFor({ name, value }: SettingReference): string {
  const row = SETTINGS_TABLE.find((one) => one.name === name)
  const flag = row === undefined ? name : flagOf(row)
  return value === undefined ? flag : `${flag} ${value}`
}
