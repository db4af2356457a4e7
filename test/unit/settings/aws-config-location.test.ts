import { describe, expect, it } from 'vitest'
import { readAwsProfile } from '../../../src/settings/aws-profile.ts'
import { awsFilePath } from '../../../src/settings/aws-config-location.ts'

describe('the AWS files', () => {
  it('are in the home folder', () => {
    const windows = { env: { USERPROFILE: 'C:\\Users\\u' }, platform: 'win32' }
    expect(awsFilePath('config', windows)).toBe('C:\\Users\\u\\.aws\\config')
    const linux = { env: { HOME: '/home/u' }, platform: 'linux' }
    expect(awsFilePath('credentials', linux)).toBe('/home/u/.aws/credentials')
  })

  /** The guide, "Location of the shared config and credentials files". */
  it.each([
    ['linux', { HOME: '/h', USERPROFILE: '/no', HOMEDRIVE: '/no', HOMEPATH: '/no' }, '/h'],
    ['darwin', { HOME: '/Users/u' }, '/Users/u'],
    ['win32', { HOME: 'C:\\h', USERPROFILE: 'C:\\no' }, 'C:\\h'],
    ['win32', { USERPROFILE: 'C:\\u', HOMEDRIVE: 'D:', HOMEPATH: '\\no' }, 'C:\\u'],
    ['win32', { HOMEDRIVE: 'D:', HOMEPATH: '\\u' }, 'D:\\u'],
  ])('on %s with %j are in %s', (platform, env, home) => {
    const slash = platform === 'win32' ? '\\' : '/'
    for (const kind of ['config', 'credentials'] as const) {
      expect(awsFilePath(kind, { env, platform })).toBe([home, '.aws', kind].join(slash))
    }
  })

  it('lie where one variable says, each its own', () => {
    const env = { HOME: '/h', AWS_CONFIG_FILE: '/c' }
    expect(awsFilePath('config', { env, platform: 'linux' })).toBe('/c')
    expect(awsFilePath('credentials', { env, platform: 'linux' })).toBe('/h/.aws/credentials')
    const windows = {
      env: { HOME: 'C:\\h', AWS_SHARED_CREDENTIALS_FILE: 'D:\\x' },
      platform: 'win32',
    }
    expect(awsFilePath('credentials', windows)).toBe('D:\\x')
    expect(awsFilePath('config', windows)).toBe('C:\\h\\.aws\\config')
  })

  it('are the files that are read', () => {
    const asked: string[] = []
    const system = { env: { HOME: '/h' }, platform: 'linux' }
    readAwsProfile({ name: 'default', namedFor: 'default' }, system, (path) => {
      asked.push(path)
      return undefined
    })
    expect(asked).toEqual(['/h/.aws/config', '/h/.aws/credentials'])
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
