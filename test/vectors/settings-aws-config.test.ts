/**
 * AWS's own tables: 65 cases of the shared-config parser and 9 of the files' locations.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  mergeAwsSections,
  parseAwsConfigFile,
  type AwsProperties,
} from '../../src/settings/aws-config-file.ts'
import { awsFilePath } from '../../src/settings/aws-config-location.ts'
import { valuesOf } from '../support/aws-values.ts'
import { VECTORS } from './vectors.ts'
import { refusalOf } from '../support/refusal.ts'

interface ParserCase {
  readonly name: string
  readonly input: { readonly configFile?: string; readonly credentialsFile?: string }
  readonly output: {
    readonly config?: {
      readonly profiles: Readonly<Record<string, Readonly<Record<string, string>>>>
      readonly sso_sessions?: Readonly<Record<string, Readonly<Record<string, string>>>>
    }
    readonly errorContaining?: string
  }
}

interface LocationCase {
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly platform: 'linux' | 'windows'
  readonly configLocation: string
  readonly credentialsLocation: string
}

function cases(file: string): readonly unknown[] {
  const text = readFileSync(new URL(`smithy-rs-aws-config/${file}`, VECTORS), 'utf8')
  return (JSON.parse(text) as { tests: readonly unknown[] }).tests
}

const parserCases = cases('profile-parser-tests.json') as readonly ParserCase[]
const locationCases = cases('file-location-tests.json') as readonly LocationCase[]

describe("AWS's parser cases", () => {
  it('are all there', () => {
    expect(parserCases).toHaveLength(65)
    expect(parserCases.filter(({ output }) => output.errorContaining !== undefined)).not.toEqual([])
  })

  it.each(parserCases.map((one, index) => ({ ...one, title: `${index + 1}: ${one.name}` })))(
    '$title',
    ({ input, output }) => {
      const read = () =>
        mergeAwsSections(
          parseAwsConfigFile(input.configFile ?? '', 'config', 'config'),
          parseAwsConfigFile(input.credentialsFile ?? '', 'credentials', 'credentials'),
        )
      if (output.config === undefined) {
        const error = refusalOf(read)
        expect(error.code).toBe('ERR_CONFIG_PROFILE_INVALID')
        expect(error.message).toContain((output.errorContaining ?? '?').replace(/^[EPS]/, lower))
        return
      }
      const sections = read()
      expect(plain(sections.profile)).toEqual(output.config.profiles)
      expect(plain(sections['sso-session'])).toEqual(output.config.sso_sessions ?? {})
    },
  )
})

describe("AWS's file-location cases", () => {
  it('are all there', () => {
    expect(locationCases).toHaveLength(9)
  })

  it.each(locationCases.map((one, index) => ({ ...one, title: `${index + 1}: ${one.name}` })))(
    '$title',
    ({ environment, platform, configLocation, credentialsLocation }) => {
      const system = { env: environment, platform: platform === 'windows' ? 'win32' : platform }
      expect(awsFilePath('config', system)).toBe(configLocation)
      expect(awsFilePath('credentials', system)).toBe(credentialsLocation)
    },
  )
})

const lower = (letter: string) => letter.toLowerCase()

function plain(sections: ReadonlyMap<string, AwsProperties>): Record<string, object> {
  return Object.fromEntries([...sections].map(([name, properties]) => [name, valuesOf(properties)]))
}
