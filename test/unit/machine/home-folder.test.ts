import { describe, expect, it } from 'vitest'
import { expandHome } from '../../../src/machine/home-folder.ts'

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
  })

  it('may be unknown: then ~ stays', () => {
    expect(expandHome('~/a', { env: { HOME: '' }, platform: 'linux' })).toBe('~/a')
  })
})
