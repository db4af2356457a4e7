import { describe, expect, it } from 'vitest'
import {
  describeSetting,
  flagSettingsOf,
  settingsMarkdown,
} from '../../../src/settings/describe-settings.ts'
import { SETTING_GROUPS } from '../../../src/settings/setting-row.ts'
import { SETTINGS_TABLE } from '../../../src/settings/settings-table.ts'

describe('help', () => {
  it('lists group by group, and in each what a command needs first', () => {
    const rows = flagSettingsOf('credential-process')
    const groups = rows.map(({ group }) => group)
    expect([...new Set(groups)]).toEqual(['identity', 'session', 'network', 'general'])
    expect(groups.map((group) => SETTING_GROUPS.indexOf(group))).toEqual(
      groups.map((group) => SETTING_GROUPS.indexOf(group)).toSorted((a, b) => a - b),
    )
    const needed = rows.filter((row) =>
      describeSetting(row, 'credential-process').includes('required'),
    )
    expect(needed.map(({ name }) => name)).toEqual([
      'certificate',
      'trustAnchorArn',
      'profileArn',
      'roleArn',
    ])
    expect(rows.indexOf(needed[1]!)).toBe(groups.indexOf('session'))
  })

  it('says choices, range and default', () => {
    const described = (name: string) =>
      describeSetting(
        SETTINGS_TABLE.find((row) => row.name === name)!,
        'sign-string',
      )
    expect(described('format')).toBe(
      'Form of the signature on standard output (json, text, bin; default json)',
    )
    expect(described('sessionDuration')).toContain('(900 to 43200)')
  })
})

describe('the documentation', () => {
  const lines = settingsMarkdown().trimEnd().split('\n')

  it('has one row of five cells for each setting', () => {
    expect(lines).toHaveLength(SETTINGS_TABLE.length + 2)
    for (const line of lines) expect(line.split('|')).toHaveLength(7)
  })

  it('names every way to give a setting', () => {
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^\| `--ca-bundle PATH` \| `ROLESANYWHERE_CA_BUNDLE`, `AWS_CA_BUNDLE` \| `rolesanywhere_ca_bundle`, `ca_bundle` \|/,
      ),
    )
    expect(lines).toContainEqual(
      expect.stringMatching(/^\| `--pkcs8-password PASSWORD` \| {2}\| {2}\|/),
    )
    expect(lines).toContainEqual(expect.stringContaining('waits for certificate stores'))
  })
})
