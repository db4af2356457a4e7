/**
 * The keys of a profile that gets its credentials from this program, or of one that assumes a role on top
 * of such a profile.
 *
 * @module
 */

import { writeSettingValue } from '../settings/write-setting-value.ts'
import { canComeFrom, profileKeyOf, type SettingRow } from '../settings/setting-row.ts'
import type { SettingValue } from '../settings/setting-value.ts'
import { settingsOf } from '../settings/settings-table.ts'
import type { RoleArn } from '../core/arn.ts'
import type { SectionKeys } from '../settings/edit-aws-file.ts'

/** Checked settings, by their names. */
export type KnownSettings = Readonly<Record<string, SettingValue | undefined>>

/**
 * Keys of a profile that calls this program. What is not known is taken away from an earlier one.
 *
 * @param command what an SDK runs for credentials.
 * @param absolute of a path, for readers that run elsewhere.
 * @throws {RolesAnywhereError} as `writeSettingValue`.
 */
export function processKeys(
  command: string,
  settings: KnownSettings,
  absolute: (path: string) => string,
): SectionKeys {
  return new Map([
    ['credential_process', command],
    ...ROWS.map((row): [string, string | undefined] => {
      const value = settings[row.name]
      const isLeftOut = value === undefined || value === false || value === row.default
      return [profileKeyOf(row), isLeftOut ? undefined : writeSettingValue(row, value, absolute)]
    }),
    ...CHAIN_KEYS.map((key): [string, undefined] => [key, undefined]),
  ])
}

export interface ChainOptions {
  /** Seconds. */
  readonly sessionDuration?: number | undefined
  readonly roleSessionName?: string | undefined
}

/** Keys of a profile whose credentials the SDK gets by AssumeRole, with those of another profile. */
export function chainKeys(
  roleArn: RoleArn,
  sourceProfile: string,
  { sessionDuration, roleSessionName }: ChainOptions,
): SectionKeys {
  return new Map([
    ['role_arn', roleArn.text],
    ['source_profile', sourceProfile],
    ['role_session_name', roleSessionName],
    ['duration_seconds', sessionDuration?.toString()],
    ['credential_process', undefined],
    ...ROWS.map((row): [string, undefined] => [profileKeyOf(row), undefined]),
  ])
}

const CHAIN_KEYS = ['role_arn', 'source_profile', 'role_session_name', 'duration_seconds']

/** What `configure` takes and `credential-process` reads from a profile. */
const ROWS: readonly SettingRow[] = settingsOf('configure').filter(
  (row) => row.group !== 'general' && canComeFrom(row, 'profile'),
)
