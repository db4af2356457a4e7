import { describe, expect, it } from 'vitest'
import {
  mergeAwsSections,
  parseAwsConfigFile,
  type AwsProperties,
} from '../../../src/settings/aws-config-file.ts'
import {
  AWS_CONFIG_CASES,
  type AwsConfigCase,
} from '../../support/foreign-data/aws-config-cases.ts'
import { valuesOf } from '../../support/aws-values.ts'
import { refusalOf } from '../../support/refusal.ts'

function read({
  config = '',
  credentials = '',
}: AwsConfigCase): ReturnType<typeof mergeAwsSections> {
  return mergeAwsSections(
    parseAwsConfigFile(config, 'config', 'config'),
    parseAwsConfigFile(credentials, 'credentials', 'credentials'),
  )
}

const plain = (sections: ReadonlyMap<string, AwsProperties>): object =>
  Object.fromEntries([...sections].map(([name, all]) => [name, valuesOf(all)]))

describe('the format of the AWS files', () => {
  it.each(AWS_CONFIG_CASES)('$name', (one) => {
    if (one.profiles === undefined) {
      expect(refusalOf(() => read(one)).code).toBe('ERR_CONFIG_PROFILE_INVALID')
      return
    }
    const sections = read(one)
    expect(plain(sections.profile)).toEqual(one.profiles)
    expect(plain(sections['sso-session'])).toEqual(one.ssoSessions ?? {})
  })
})
