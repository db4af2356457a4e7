/**
 * What is asked of the writer of credentials files for any text that it may find: the new profile reads
 * back, every other one reads as before, and a second write changes nothing.
 *
 * @module
 */

import { expect } from 'vitest'
import { setProfileKeys } from '../../../src/outputs/credentials-file/edit-profile.ts'
import {
  parseAwsConfigFile,
  type AwsFileKind,
  type AwsSections,
} from '../../../src/settings/aws-config-file.ts'
import { valuesOf } from '../aws-values.ts'

const KEYS = {
  aws_access_key_id: 'ASIACANARY',
  aws_secret_access_key: 'secret',
  aws_session_token: 'token',
}

/** The text with these keys in a profile. */
export function written(text: string, profile: string, keys = KEYS): string {
  return Buffer.from(setProfileKeys(Buffer.from(text), profile, keys)).toString()
}

/** Profiles that are tried in every text; the second may be there already. */
const PROFILES = ['written', 'foo', 'a']

export function expectWritable(text: string): void {
  for (const kind of ['credentials', 'config'] as const) {
    for (const profile of PROFILES) expectWrites(text, kind, profile)
  }
}

function expectWrites(text: string, kind: AwsFileKind, profile: string): void {
  const result = written(text, profile)
  expect(written(result, profile)).toBe(result)
  const before = parse(text, kind)
  const after = parse(result, kind)
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

function parse(text: string, kind: AwsFileKind): AwsSections | undefined {
  try {
    return parseAwsConfigFile(text, kind, 'case')
  } catch {
    return undefined
  }
}
