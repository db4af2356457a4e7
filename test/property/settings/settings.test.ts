/**
 * Precedence for every setting at once, and parsers that end in a value or a named error.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { parseAwsConfigFile } from '../../../src/settings/aws-config-file.ts'
import { NO_PROFILE, SERVICE_ENDPOINT_KEY } from '../../../src/settings/aws-profile.ts'
import { givenSettings, type Flags } from '../../../src/settings/given-settings.ts'
import {
  canComeFrom,
  flagOf,
  profileKeyOf,
  variableNameOf,
  type SettingRow,
} from '../../../src/settings/setting-row.ts'
import { SETTINGS_TABLE } from '../../../src/settings/settings-table.ts'
import { valuesOf } from '../../support/aws-values.ts'

describe('precedence', () => {
  it('is flag, our variable, AWS variables, our key, general variables, AWS keys: for every setting', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SETTINGS_TABLE),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (row, chosen) => {
          const used = waysOf(row).filter((_way, index) => chosen[index])
          const flags: Record<string, string> = {}
          const env: Record<string, string> = {}
          const properties = new Map<string, string>()
          for (const { place, name } of used) {
            const text = validText(row)
            if (place === 'flag') flags[name.slice(2)] = text
            if (place === 'environment') env[name] = text
            if (place === 'profile') properties.set(name, text)
          }
          const [given] = givenBy(row, flags, env, properties)
          const [strongest] = used
          expect(given?.origin.place).toBe(strongest?.place)
          expect(given?.origin.name).toBe(
            strongest?.name === SERVICE_ENDPOINT_KEY
              ? 'endpoint_url of rolesanywhere'
              : strongest?.name,
          )
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('reads no place that a setting cannot come from', () => {
    for (const row of SETTINGS_TABLE) {
      const text = validText(row)
      const allowed = (['flag', 'environment', 'profile'] as const).map((place) => {
        const [given] = givenBy(
          row,
          place === 'flag' ? { [flagOf(row).slice(2)]: text } : {},
          place === 'environment' ? { [variableNameOf(row)]: text } : {},
          new Map(place === 'profile' ? [[profileKeyOf(row), text]] : []),
        )
        return [place, given !== undefined]
      })
      expect(allowed).toEqual(allowed.map(([place]) => [place, canComeFrom(row, place as 'flag')]))
    }
  })
})

interface Way {
  readonly place: 'flag' | 'environment' | 'profile'
  readonly name: string
}

/** Strongest first. */
function waysOf(row: SettingRow): Way[] {
  const ways: Way[] = [
    { place: 'flag', name: flagOf(row) },
    { place: 'environment', name: variableNameOf(row) },
    ...(row.awsEnv ?? []).map((name): Way => ({ place: 'environment', name })),
    { place: 'profile', name: profileKeyOf(row) },
    ...(row.generalEnv ?? []).map((name): Way => ({ place: 'environment', name })),
    ...(row.awsProfileKeys ?? []).map((name): Way => ({ place: 'profile', name })),
  ]
  return ways.filter(({ place }) => canComeFrom(row, place))
}

function validText(row: SettingRow): string {
  const arn = 'arn:aws:rolesanywhere:eu-west-1:111122223333:'
  const texts: Partial<Record<SettingRow['type'], string>> = {
    boolean: 'true',
    integer: String(row.range?.[0]),
    duration: String(row.range?.[0]),
    choice: row.choices?.[0] ?? '',
    'trust-anchor-arn': `${arn}trust-anchor/1`,
    'profile-arn': `${arn}profile/1`,
    'role-arn': 'arn:aws:iam::111122223333:role/r',
    'endpoint-url': 'https://localhost',
    'secret-source': 'env:SECRET',
    'pkcs11-uri': 'pkcs11:token=text',
    'socket-address': '127.0.0.1:9912',
  }
  return texts[row.type] ?? 'text'
}

function givenBy(
  row: SettingRow,
  flags: Flags,
  env: Readonly<Record<string, string>>,
  properties: ReadonlyMap<string, string>,
): ReturnType<typeof givenSettings> {
  const section = { title: 'profile p', path: '/config' }
  const profile = {
    ...NO_PROFILE,
    name: 'p',
    properties: new Map(
      [...properties].map(([key, value]) => [key, { value, lines: [1], section }]),
    ),
  }
  return givenSettings([row], flags, { env, platform: 'linux' }, profile)
}

describe('the AWS config parser', () => {
  const SAMPLE = `# comment
[default]
region = eu-west-1 # inline
[profile onprem]
services = x
s3 =
  endpoint_url = https://s3
  addressing_style = path
credential_process = rolesanywhere credential-process
 --profile onprem
[services x]
rolesanywhere =
  endpoint_url = https://x
`
  it('ends in a value or a named error on 1,000 seeded mutations, in both kinds of file', () => {
    let refused = 0
    fc.assert(
      fc.property(mutationsOf(SAMPLE), fc.constantFrom('config', 'credentials'), (text, kind) => {
        try {
          const { profile } = parseAwsConfigFile(text, kind, 'file')
          for (const name of profile.keys()) expect(name).toMatch(/^[A-Za-z0-9\-/.%@_:+]+$/)
        } catch (error) {
          expect(error).toBeInstanceOf(RolesAnywhereError)
          expect((error as RolesAnywhereError).code).toBe('ERR_CONFIG_PROFILE_INVALID')
          refused += 1
        }
      }),
      { numRuns: 1000, seed: 20261121 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(refused).toBeLessThan(900)
  })

  it('gives back what was written', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9\-/.%@_:+]{1,20}$/)
    const key = fc.stringMatching(/^[a-z0-9_-]{1,20}$/)
    const value = fc
      .stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)
      .filter((v) => !/(^| )[#;]/.test(v))
    const profiles = fc.dictionary(name, fc.dictionary(key, value, { noNullPrototype: true }), {
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(profiles, fc.constantFrom('\n', '\r\n'), (written, eol) => {
        const text = Object.entries(written)
          .flatMap(([profile, properties]) => [
            `[${profile}]`,
            ...Object.entries(properties).map(([property, text]) => `${property} = ${text}`),
          ])
          .join(eol)
        const read = parseAwsConfigFile(text, 'credentials', 'file').profile
        expect([...read.keys()]).toEqual(Object.keys(written))
        for (const [profile, properties] of Object.entries(written)) {
          expect(Object.entries(valuesOf(read.get(profile)))).toEqual(Object.entries(properties))
        }
      }),
    )
  })

  it('takes time in proportion to the file, whatever is in it', () => {
    // A parser that is quadratic in any of these would need hours for 4 MB.
    const size = 4 * 1_048_576
    for (const text of [
      `[profile a]\nx = ${' '.repeat(size)}y`,
      `[${'\t'.repeat(size)}`,
      `[profile ${' '.repeat(size)}"`,
      `[profile a]\nx =${'\n a = b'.repeat(size / 8)}`,
      `[profile a]${'\n'.repeat(size)}`,
      `[profile a]\nx = ${'#'.repeat(size)}`,
    ]) {
      expect(() => {
        try {
          parseAwsConfigFile(text, 'config', 'file')
        } catch (error) {
          if (!(error instanceof RolesAnywhereError)) throw error
        }
      }).not.toThrow()
    }
  })
})

/** One to four edits: cut, repeat, insert or replace at any place. */
function mutationsOf(sample: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(sample.length),
    length: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom('[', ']', '=', '\n', '\n ', '#', ';', ' ', '\t', '\r', '\0', '\ufeff', '"'),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constant(sample.slice(10, 60)),
    ),
  })
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (text, { at, length, insert }) => text.slice(0, at) + insert + text.slice(at + length),
        sample,
      ),
    )
}
