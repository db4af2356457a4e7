/** Tables of others against the credentials-file writer. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { setProfileKeys } from '../../src/outputs/credentials-file/edit-profile.ts'
import { parseAwsConfigFile, type AwsSections } from '../../src/settings/aws-config-file.ts'
import { valuesOf } from '../support/aws-values.ts'
import { hasVectors, VECTORS } from '../support/capabilities.ts'

interface UpdateCase {
  readonly name: string
  readonly input: string
  readonly profile: string
  readonly credentials: {
    readonly aws_access_key_id: string
    readonly aws_secret_access_key: string
    readonly aws_session_token: string
  }
  readonly expected: string
}

interface ParserCase {
  readonly name: string
  readonly input: { readonly configFile?: string; readonly credentialsFile?: string }
}

const read = (path: string): string => readFileSync(new URL(path, VECTORS), 'utf8')
const updateCases = hasVectors
  ? (JSON.parse(read('aws-helper-update-table/update-cases.json')) as UpdateCase[])
  : []
const parserCases = hasVectors
  ? (JSON.parse(read('smithy-rs-aws-config/profile-parser-tests.json')) as { tests: ParserCase[] })
      .tests
  : []

const KEYS = {
  aws_access_key_id: 'ASIACANARY',
  aws_secret_access_key: 'secret',
  aws_session_token: 'token',
}

function set(text: string, profile: string, keys = KEYS): string {
  return Buffer.from(setProfileKeys(Buffer.from(text), profile, keys)).toString()
}

/**
 * The reference leaves an old secret in the second of two sections of one name; AWS's parsers merge
 * them and would take the old secret with the new key. There our result must differ.
 */
const STALE_IN_REFERENCE = 'test-multiple-profiles-with-same-name'

describe.skipIf(!hasVectors)('the update table of the reference helper', () => {
  test.each(updateCases.map((c) => [c.name, c] as const))('%s', (name, c) => {
    const result = set(c.input, c.profile, c.credentials)
    if (name === STALE_IN_REFERENCE) {
      const tail = 'aws_secret_access_key = test'
      expect(c.expected.endsWith(tail)).toBe(true)
      expect(result).toBe(
        `${c.expected.slice(0, -tail.length)}aws_secret_access_key = ${c.credentials.aws_secret_access_key}`,
      )
    } else expect(result).toBe(c.expected)
  })
})

describe.skipIf(!hasVectors)("AWS's 65 parser cases, each with a profile written into it", () => {
  const texts = parserCases.flatMap((c) =>
    [c.input.configFile, c.input.credentialsFile].flatMap((text) =>
      text === undefined ? [] : [[c.name, text] as const],
    ),
  )

  test('the table is whole', () => {
    expect(parserCases).toHaveLength(65)
  })

  test.each(texts)('%s', (_name, text) => {
    for (const kind of ['credentials', 'config'] as const) {
      for (const profile of ['written', 'foo']) {
        checkWrite(text, kind, profile)
      }
    }
  })
})

describe.skipIf(!hasVectors)(
  'the profile files of smithy-rs, each with a profile written into it',
  () => {
    const folder = 'smithy-rs-aws-config/profile-provider/'
    const files = hasVectors
      ? readdirSync(new URL(folder, VECTORS), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && /^(config|credentials)$/.test(entry.name))
          .map((entry) => `${entry.parentPath}/${entry.name}`)
      : []
    test.each(files)('%s', (path) => {
      checkWrite(
        readFileSync(path, 'utf8'),
        path.endsWith('config') ? 'config' : 'credentials',
        'w',
      )
    })
  },
)

/** The new profile reads back, every other one as before, and a second write changes nothing. */
function checkWrite(text: string, kind: 'config' | 'credentials', profile: string): void {
  const written = set(text, profile)
  expect(set(written, profile)).toBe(written)
  const before = parse(text, kind)
  const after = parse(written, kind)
  if (before === undefined) {
    // A file that AWS refuses is still refused, unless what was refused was our own old value.
    if (profile === 'written') expect(after).toBeUndefined()
    return
  }
  expect(after).toBeDefined()
  for (const section of ['profile', 'services', 'sso-session'] as const) {
    for (const [name, properties] of before[section]) {
      if (name === profile) continue
      expect(valuesOf(after?.[section].get(name))).toEqual(valuesOf(properties))
    }
  }
  if (kind === 'credentials') {
    expect(valuesOf(after?.profile.get(profile))).toMatchObject(KEYS)
  }
}

function parse(text: string, kind: 'config' | 'credentials'): AwsSections | undefined {
  try {
    return parseAwsConfigFile(text, kind, 'case')
  } catch {
    return undefined
  }
}
