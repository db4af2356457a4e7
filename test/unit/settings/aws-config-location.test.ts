import { describe, expect, it } from 'vitest'
import { awsFilePath } from '../../../src/settings/aws-config-location.ts'

describe('the AWS files', () => {
  it('are in the home folder', () => {
    const windows = { env: { USERPROFILE: 'C:\\Users\\u' }, platform: 'win32' }
    expect(awsFilePath('config', windows)).toBe('C:\\Users\\u\\.aws\\config')
    const linux = { env: { HOME: '/home/u' }, platform: 'linux' }
    expect(awsFilePath('credentials', linux)).toBe('/home/u/.aws/credentials')
  })

  it('are nowhere without a home folder', () => {
    const bare = { env: { HOME: '' }, platform: 'linux' }
    expect(awsFilePath('config', bare)).toBeUndefined()
    const half = { env: { HOMEDRIVE: 'C:' }, platform: 'win32' }
    expect(awsFilePath('credentials', half)).toBeUndefined()
  })

  it('are where variables say, with the home folder for ~', () => {
    const env = { HOME: '/home/u', AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '' }
    expect(awsFilePath('config', { env, platform: 'linux' })).toBe('/home/u/c')
    expect(awsFilePath('credentials', { env, platform: 'linux' })).toBe('/home/u/.aws/credentials')
  })
})
