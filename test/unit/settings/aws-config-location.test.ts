import { describe, expect, it } from 'vitest'
import { awsFilePath, expandHome } from '../../../src/settings/aws-config-location.ts'

describe('the home folder', () => {
  const linux = { env: { HOME: '/home/u' }, platform: 'linux' }
  const windows = { env: { USERPROFILE: 'C:\\Users\\u' }, platform: 'win32' }

  it.each([
    ['~', '/home/u'],
    ['~/a', '/home/u/a'],
    ['~other/a', '~other/a'],
    ['~\\a', '~\\a'],
    ['a/~/b', 'a/~/b'],
  ])('is put for ~ at the start of a path: %s', (path, expected) => {
    expect(expandHome(path, linux)).toBe(expected)
  })

  it('has backslashes on Windows', () => {
    expect(expandHome('~\\a', windows)).toBe('C:\\Users\\u\\a')
    expect(awsFilePath('config', windows)).toBe('C:\\Users\\u\\.aws\\config')
  })

  it('may be unknown: then ~ stays and there is no default file', () => {
    const bare = { env: { HOME: '' }, platform: 'linux' }
    expect(expandHome('~/a', bare)).toBe('~/a')
    expect(awsFilePath('config', bare)).toBeUndefined()
    const half = { env: { HOMEDRIVE: 'C:' }, platform: 'win32' }
    expect(awsFilePath('credentials', half)).toBeUndefined()
  })

  it('is expanded in the variables that name the files', () => {
    const env = { HOME: '/home/u', AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '' }
    expect(awsFilePath('config', { env, platform: 'linux' })).toBe('/home/u/c')
    expect(awsFilePath('credentials', { env, platform: 'linux' })).toBe('/home/u/.aws/credentials')
  })
})
