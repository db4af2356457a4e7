import { describe, expect, it } from 'vitest'
import { withProfile, checkNewProfileName } from '../../../src/configure/config-profile.ts'
import { difference } from '../../../src/configure/difference.ts'
import { parseAwsConfigFile } from '../../../src/settings/aws-config-file.ts'
import { refusalOf } from '../../support/refusal.ts'

const MARK = '# Written by `rolesanywhere configure`, and changed by it when it is run again.'

interface Options {
  readonly name?: string
  readonly isForced?: boolean
  readonly keys?: Readonly<Record<string, string | undefined>>
}

function written(
  file: string,
  { name = 'onprem', isForced = false, keys = { a: '1', b: '2' } }: Options = {},
): string {
  const profile = {
    name,
    keys: new Map(Object.entries(keys)),
    firstKeys: new Map([['region', 'eu-central-1']]),
  }
  return Buffer.from(withProfile(Buffer.from(file), profile, isForced)).toString()
}

const OURS = `[profile onprem]\n${MARK}\na = 1\nb = 2\nregion = eu-central-1\n`

describe('withProfile', () => {
  it.each([
    ['', OURS],
    ['[default]\nregion = x\n', `[default]\nregion = x\n\n${OURS}`],
    ['[default]\nregion = x', `[default]\nregion = x\n\n${OURS}`],
    [
      '[default]\r\nregion = x\r\n',
      `[default]\r\nregion = x\r\n\r\n${OURS.replaceAll('\n', '\r\n')}`,
    ],
    ['\uFEFF# mine\n', `\uFEFF# mine\n\n${OURS}`],
  ])('appends a new profile to %j', (before, after) => {
    expect(written(before)).toBe(after)
  })

  it('changes its own profile, and keeps every other line there and elsewhere', () => {
    const before = `[a]\n x\n[profile onprem] ; why\n${MARK}\na = old # was\nOUTPUT=json\ngone = 1\n  more\n\n[b`
    expect(written(before, { keys: { a: '1', b: '2', gone: undefined } })).toBe(
      `[a]\n x\n[profile onprem] ; why\n${MARK}\n# was\na = 1\nOUTPUT=json\nb = 2\n\n[b`,
    )
  })

  it('changes nothing the second time', () => {
    expect(written(OURS)).toBe(OURS)
  })

  it.each(['[profile onprem]\na = 0\n', "[profile 'onprem']\n", '[profile   onprem]\nx=1'])(
    'leaves the foreign %j alone unless it is forced, and then keeps its other keys',
    (before) => {
      expect(refusalOf(() => written(before)).code).toBe('ERR_OUTPUT_EXISTS')
      const after = written(before, { isForced: true })
      expect(after).not.toContain('region')
      expect(after.split('\n')[0]).toBe(before.split('\n')[0])
      const { profile } = parseAwsConfigFile(after, 'config', 'x')
      expect(profile.get('onprem')?.get('a')?.value).toBe('1')
    },
  )

  it('knows both headers of the default profile', () => {
    expect(written('', { name: 'default' })).toMatch(/^\[default\]\n/u)
    const before = `[default]\na = 0\n[profile default]\n${MARK}\na = 0\n`
    expect(written(before, { name: 'default' })).toBe(
      `[default]\na = 0\n[profile default]\n${MARK}\na = 1\nb = 2\n`,
    )
  })
})

describe('checkNewProfileName', () => {
  it.each(['', 'a b', '-x', 'a]', 'ä', 'a"'])('refuses %j', (name) => {
    expect(
      refusalOf(() => {
        checkNewProfileName(name)
      }).code,
    ).toBe('ERR_USAGE_INVALID_VALUE')
  })

  it.each(['default', 'on-prem.1', 'a/b@c'])('takes %j', (name) => {
    expect(() => {
      checkNewProfileName(name)
    }).not.toThrow()
  })
})

describe('difference', () => {
  it('shows what goes and comes, with two lines around, whose values it keeps to itself', () => {
    const before = '[1]\n# 2\nthree = secret\nfour = 4\nfive = secret\n  secret\n# 7\n'
    const after = '[1]\n# 2\nthree = secret\nnew = 1\nfive = secret\nmore = 2\n  secret\n# 7\n'
    expect(difference(before, after)).toBe(
      '  # 2\n  three = …\n- four = 4\n+ new = 1\n  five = …\n+ more = 2\n    …\n  # 7\n',
    )
  })

  it.each([
    ['', '', ''],
    ['# a\n', '# a\n', ''],
    ['', '# a\n', '+ # a\n'],
    ['# a\n', '', '- # a\n'],
    ['# a\n# a\n', '# a\n', '  # a\n- # a\n'],
  ])('from %j to %j is %j', (before, after, shown) => {
    expect(difference(before, after)).toBe(shown)
  })

  it.each([
    ['aws_secret_access_key = canary', 'aws_secret_access_key = (hidden)'],
    ['aws_session_token=canary', 'aws_session_token = (hidden)'],
    ['rolesanywhere_pin = cmd:echo canary', 'rolesanywhere_pin = (hidden)'],
    ['rolesanywhere_pin = canary', 'rolesanywhere_pin = (hidden)'],
    ['rolesanywhere_certificate = cmd:x canary', 'rolesanywhere_certificate = (hidden)'],
    ['rolesanywhere_signer_command = x canary', 'rolesanywhere_signer_command = (hidden)'],
    ['credential_process = x --tpm-key-password canary', 'credential_process = (hidden)'],
    ['a = pkcs11:token=x?pin-value=canary', 'a = (hidden)'],
    ['rolesanywhere_pin = file:/etc/password', 'rolesanywhere_pin = file:/etc/password'],
    ['rolesanywhere_key_password = env:KEY', 'rolesanywhere_key_password = env:KEY'],
    ['a = pkcs11:token=x', 'a = pkcs11:token=x'],
    ['credential_process = x --profile y', 'credential_process = x --profile y'],
  ])('shows %j as %j', (line, shown) => {
    expect(difference(`${line}\n`, '')).toBe(`- ${shown}\n`)
    expect(difference('', `${line}\n`)).toBe(`+ ${shown}\n`)
  })
})
