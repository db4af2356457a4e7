import { describe, expect, it } from 'vitest'
import { parseAwsConfigFile, subProperties } from '../../../src/settings/aws-config-file.ts'
import { valuesOf } from '../../support/aws-values.ts'
import { refusalOf } from '../../support/refusal.ts'

/** Beyond the table of aws-config-format.test.ts. */
describe('the AWS config parser', () => {
  const config = (text: string) => parseAwsConfigFile(text, 'config', 'config')
  const profile = (text: string, name = 'a') => valuesOf(config(text).profile.get(name))

  it('reads profiles, services and SSO sessions apart', () => {
    const sections = config(
      '[default]\nx = 1\n[profile a]\nx = 2\n[services a]\nx = 3\n[sso-session a]\nx = 4\n[a]\nx = 5',
    )
    expect([...sections.profile.keys()]).toEqual(['default', 'a'])
    expect(sections.profile.get('a')?.get('x')?.value).toBe('2')
    expect(sections.services.get('a')?.get('x')?.value).toBe('3')
    expect(sections['sso-session'].get('a')?.get('x')?.value).toBe('4')
  })

  it.each(['"', "'"])('takes a name in quotes %s, which the AWS CLI writes', (quote) => {
    expect(profile(`[profile ${quote}a${quote}]\nx = 1`)).toEqual({ x: '1' })
    expect(profile(`[profile ${quote}a]\nx = 1`)).toEqual({})
  })

  it('lets [profile default] replace [default] wholly, in any order', () => {
    for (const text of [
      '[default]\nx = 1\n[profile default]\ny = 2\n[default]\nz = 3\n',
      '[profile default]\ny = 2\n[default]\nx = 1\n',
    ]) {
      expect(profile(text, 'default')).toEqual({ y: '2' })
    }
  })

  it('keeps characters that are blanks elsewhere, but not here', () => {
    expect(profile('[profile a]\nx =\u00a0v\u000b')).toEqual({ x: '\u00a0v\u000b' })
  })

  it('lets sub-properties be commented, and reads them', () => {
    const properties = config('[profile a]\ns3 =\n # c = d\n\n A = b # c\n').profile.get('a')
    expect([...properties!.keys()]).toEqual(['s3'])
    const below = subProperties(properties!.get('s3')!)
    expect(valuesOf(below)).toEqual({ a: 'b' })
    expect(below.get('a')).toMatchObject({ lines: [5], section: { title: 'profile a' } })
  })

  it('knows the line and the section of each property', () => {
    const text = '# c\n[profile "a"]\r\nx = 1\n\n[default]\nx = 2\n[profile a]\nx = 3\n 4\n'
    const { profile: profiles } = config(text)
    expect(profiles.get('default')?.get('x')).toEqual({
      value: '2',
      lines: [6],
      section: { title: 'default', path: 'config' },
    })
    expect(profiles.get('a')?.get('x')).toEqual({
      value: '3\n4',
      lines: [8, 9],
      section: { title: 'profile a', path: 'config' },
    })
  })

  it('continues a property whose name it leaves out', () => {
    expect(profile('[profile a]\nbad name = 1\n 2\nx = 3')).toEqual({ x: '3' })
  })

  it('is not fooled by names of object members', () => {
    expect(profile('[profile __proto__]\nconstructor = 1', '__proto__')).toEqual({
      constructor: '1',
    })
    expect(config('').profile.get('constructor')).toBeUndefined()
  })

  it.each([
    ['[profile a', 1, "profile definition must end with ']'"],
    ['[profile a] b', 1, "profile definition must end with ']'"],
    ['[', 1, "profile definition must end with ']'"],
    ['\n\nx = 1', 3, 'expected a profile definition'],
    [' x = 1', 1, 'expected a profile definition'],
    ['[profile a]\r\nx', 2, "expected an '=' sign defining a property"],
    ['[profile a]\n= 1', 2, 'property did not have a name'],
    ['[profile a]\n x = 1', 2, 'expected a property definition, found continuation'],
    ['[profile a]\nx =\n y', 3, "expected an '=' sign defining a sub-property"],
    ['[profile a]\nx =\n =y', 3, 'sub-property did not have a name'],
    ['[ignored section]\nx', 2, "expected an '=' sign defining a property"],
  ])('names file and line of %j', (text, line, what) => {
    const error = refusalOf(() => config(text))
    expect(error.code).toBe('ERR_CONFIG_PROFILE_INVALID')
    expect(error.message).toBe(`line ${line} of "config": ${what}`)
    expect(error.detail).toEqual({ path: 'config', line })
  })

  it('never quotes a line, which may hold a secret key', () => {
    const error = refusalOf(() => parseAwsConfigFile('[a]\nwJalrXUtnFEMI', 'credentials', 'c'))
    expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain('wJalrXUtnFEMI')
  })
})
