/** Tables of others against the writer of credentials files. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectWritable, written } from '../support/suites/credentials-file.ts'
import { VECTORS } from './vectors.ts'

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

/**
 * The reference leaves an old secret in the second of two sections of one name; AWS's parsers merge
 * them and would take the old secret with the new key. There our result must differ.
 */
const STALE_IN_REFERENCE = 'test-multiple-profiles-with-same-name'

describe('the update table of the reference helper', () => {
  const cases = JSON.parse(read('aws-helper-update-table/update-cases.json')) as UpdateCase[]
  it.each(cases)('$name', ({ name, input, profile, credentials, expected }) => {
    const result = written(input, profile, credentials)
    if (name === STALE_IN_REFERENCE) {
      const tail = 'aws_secret_access_key = test'
      expect(expected.endsWith(tail)).toBe(true)
      const { aws_secret_access_key: secret } = credentials
      const right = `${expected.slice(0, -tail.length)}aws_secret_access_key = ${secret}`
      expect(result).toBe(right)
    } else expect(result).toBe(expected)
  })
})

describe("AWS's 65 parser cases, each with a profile written into it", () => {
  const { tests } = JSON.parse(read('smithy-rs-aws-config/profile-parser-tests.json')) as {
    tests: ParserCase[]
  }

  it('the table is whole', () => {
    expect(tests).toHaveLength(65)
  })

  it.each(tests)('$name', ({ input }) => {
    for (const text of [input.configFile, input.credentialsFile]) expectWritable(text ?? '')
  })
})

describe('the profile files of smithy-rs, each with a profile written into it', () => {
  const folder = new URL('smithy-rs-aws-config/profile-provider/', VECTORS)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?:config|credentials)$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`)

  it.each(files)('%s', (path) => {
    expectWritable(readFileSync(path, 'utf8'))
  })
})
