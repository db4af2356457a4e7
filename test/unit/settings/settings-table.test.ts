import { describe, expect, it } from 'vitest'
import {
  canComeFrom,
  EVERY,
  flagOf,
  profileKeyOf,
  EXAMINED,
  variableNameOf,
  type CommandName,
} from '../../../src/settings/setting-row.ts'
import { SETTINGS_TABLE, settingsOf } from '../../../src/settings/settings-table.ts'

/** `aws_signing_helper` 1.8: every flag of every command, without dashes. */
const KEY_FLAGS = [
  ...['certificate', 'private-key', 'cert-selector', 'system-store-name', 'pkcs11-lib'],
  ...['use-latest-expiring-certificate', 'reuse-pin', 'tpm-key-password', 'no-tpm-key-password'],
  ...['pkcs8-password', 'debug'],
]
const SESSION_FLAGS = [
  ...KEY_FLAGS,
  ...['role-arn', 'profile-arn', 'trust-anchor-arn', 'session-duration', 'region', 'endpoint'],
  ...['no-verify-ssl', 'with-proxy', 'intermediates', 'role-session-name'],
]
const REFERENCE_FLAGS: readonly [CommandName, readonly string[]][] = [
  ['credential-process', SESSION_FLAGS],
  ['update', [...SESSION_FLAGS, 'profile', 'once']],
  ['serve', [...SESSION_FLAGS, 'port', 'hop-limit']],
  ['sign-string', [...KEY_FLAGS, 'digest', 'format']],
  [
    'read-certificate-data',
    [
      ...['certificate', 'cert-selector', 'system-store-name', 'pkcs11-lib'],
      ...['use-latest-expiring-certificate', 'debug'],
    ],
  ],
]

/**
 * Without the pairs of --cert-selector and --use-latest-expiring-certificate with certificate, key,
 * intermediates and --reuse-pin: the reference selects only in system stores, here also in folders, in
 * PKCS#12 files and on tokens.
 */
const REFERENCE_CONFLICTS = [
  'certificate|system-store-name',
  'private-key|system-store-name',
  'system-store-name|reuse-pin',
  'tpm-key-password|reuse-pin',
  'no-tpm-key-password|tpm-key-password',
]

describe('the settings table', () => {
  it.each(REFERENCE_FLAGS)('has every flag of the reference helper for %s', (command, flags) => {
    const ours = settingsOf(command)
      .filter((row) => canComeFrom(row, 'flag'))
      .map(flagOf)
    expect(ours).toEqual(expect.arrayContaining(flags.map((flag) => `--${flag}`)))
  })

  it('has the pairs of flags that exclude each other in the reference helper', () => {
    const ours = SETTINGS_TABLE.flatMap((row) =>
      (row.conflicts ?? []).map((name) => pair(flagOf(row).slice(2), flagOfName(name))),
    )
    expect(ours).toEqual(expect.arrayContaining(REFERENCE_CONFLICTS.map((one) => pair(one))))
  })

  it('derives flag, environment name and profile key from the name', () => {
    const row = SETTINGS_TABLE.find(({ name }) => name === 'trustAnchorArn')!
    expect(flagOf(row)).toBe('--trust-anchor-arn')
    expect(variableNameOf(row)).toBe('ROLESANYWHERE_TRUST_ANCHOR_ARN')
    expect(profileKeyOf(row)).toBe('rolesanywhere_trust_anchor_arn')
  })

  it('gives no name to two settings', () => {
    for (const names of [
      SETTINGS_TABLE.map(({ name }) => name),
      SETTINGS_TABLE.map(variableNameOf),
      SETTINGS_TABLE.map(profileKeyOf),
      SETTINGS_TABLE.flatMap(({ awsEnv, generalEnv }) => [
        ...(awsEnv ?? []),
        ...(generalEnv ?? []),
      ]),
      SETTINGS_TABLE.flatMap(({ awsProfileKeys }) => awsProfileKeys ?? []),
    ]) {
      expect(names).toEqual([...new Set(names)])
    }
    for (const command of EVERY) {
      const flags = settingsOf(command).map(flagOf)
      expect(flags).toEqual([...new Set(flags)])
    }
  })

  it('refers only to settings that exist', () => {
    const names = SETTINGS_TABLE.map(({ name }) => name)
    for (const row of SETTINGS_TABLE) {
      expect(names).toEqual(expect.arrayContaining([...(row.conflicts ?? [])]))
      if (row.awsNamesUnless !== undefined) expect(names).toContain(row.awsNamesUnless)
      expect(row.commands).toEqual(expect.arrayContaining([...(row.requiredBy ?? [])]))
    }
  })

  it('has a placeholder exactly for settings that take a value, and choices exactly for a choice', () => {
    for (const row of SETTINGS_TABLE) {
      expect([row.name, row.valueName === undefined]).toEqual([row.name, row.type === 'boolean'])
      expect([row.name, row.choices !== undefined]).toEqual([row.name, row.type === 'choice'])
      if (['integer', 'duration'].includes(row.type)) expect(row.range).toBeDefined()
    }
  })

  it('never takes the region of the program around it', () => {
    const region = SETTINGS_TABLE.find(({ name }) => name === 'region')!
    expect([...(region.awsEnv ?? []), ...(region.awsProfileKeys ?? [])]).toEqual([])
    expect(region.commands).toEqual(EXAMINED)
  })

  it('takes a secret itself from a flag alone', () => {
    const secrets = SETTINGS_TABLE.filter(({ type }) => type === 'secret-value')
    expect(secrets.map(({ name }) => name)).toEqual(['pkcs8Password', 'tpmKeyPassword'])
    for (const { places } of secrets) expect(places).toEqual(['flag'])
  })
})

/** `a|b` and `b|a` alike. */
function pair(first: string, second?: string): string {
  return (second === undefined ? first.split('|') : [first, second]).toSorted().join('|')
}

function flagOfName(name: string): string {
  return flagOf(SETTINGS_TABLE.find((row) => row.name === name)!).slice(2)
}
