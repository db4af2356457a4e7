import { describe, expect, it } from 'vitest'
import { helpRows, settingsMarkdown } from '../../../src/settings/describe-settings.ts'
import { flagOf } from '../../../src/settings/setting-row.ts'
import { SETTINGS_TABLE, settingsOf } from '../../../src/settings/settings-table.ts'

describe('help', () => {
  it('lists what a command needs first', () => {
    const rows = helpRows('credential-process')
    const required = rows.map(({ description }) => description.includes('required'))
    expect(required.indexOf(false)).toBe(4)
    expect(required.lastIndexOf(true)).toBe(3)
  })

  it('says placeholder, choices, range and default', () => {
    expect(helpRows('sign-string')).toContainEqual({
      term: '--format FORMAT',
      description: 'Form of the signature on standard output (json, text, bin; default json)',
    })
    expect(helpRows('credential-process')).toContainEqual({
      term: '--session-duration SECONDS',
      description: expect.stringContaining('(900 to 43200)') as string,
    })
  })

  it('leaves out what cannot be used yet', () => {
    const waiting = settingsOf('credential-process').filter((row) => row.waitsFor !== undefined)
    expect(waiting.map(flagOf)).toContain('--system-store-name')
    const text = JSON.stringify(helpRows('credential-process'))
    for (const row of waiting) expect(text).not.toContain(`"${flagOf(row)}`)
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
