import { describe, expect, it } from 'vitest'
import { setProfileKeys } from '../../../../src/outputs/credentials-file/edit-profile.ts'
import { parseAwsConfigFile } from '../../../../src/settings/aws-config-file.ts'
import { valuesOf } from '../../../support/aws-values.ts'
import { AWS_CONFIG_CASES } from '../../../support/foreign-data/aws-config-cases.ts'
import { expectWritable } from '../../../support/suites/credentials-file.ts'

const KEYS = {
  aws_access_key_id: 'ASIANEW',
  aws_secret_access_key: 'new/secret+key=',
  aws_session_token: 'new//token==',
}
const ENTRY =
  'aws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+key=\naws_session_token = new//token==\n'

function set(text: string, profile = 'demo'): string {
  return Buffer.from(setProfileKeys(Buffer.from(text), profile, KEYS)).toString()
}

function readBack(text: string, profile = 'demo'): Record<string, string> {
  const sections = parseAwsConfigFile(text.replace(/^\uFEFF/, ''), 'credentials', 'test')
  return valuesOf(sections.profile.get(profile))
}

describe('profiles', () => {
  it('an empty file gets the profile', () => {
    expect(set('')).toBe(`[demo]\n${ENTRY}`)
  })

  it('a file without a last line end gets one before the appended profile', () => {
    expect(set('[a]\nx = 1')).toBe(`[a]\nx = 1\n[demo]\n${ENTRY}`)
  })

  it('an empty profile at the end of a file without a last line end keeps its header', () => {
    expect(set('[a]\nx = 1\n[demo]')).toBe(`[a]\nx = 1\n[demo]\n${ENTRY.slice(0, -1)}`)
  })

  it('an empty profile before another one is filled, not swallowed', () => {
    expect(set('[demo]\n[other]\nx = 1\n')).toBe(`[demo]\n${ENTRY}[other]\nx = 1\n`)
  })

  it('new keys go after the last property, before the blank lines and comments of the next profile', () => {
    expect(set('[demo]\nregion = x\n\n# next\n[b]\n')).toBe(
      `[demo]\nregion = x\n${ENTRY}\n# next\n[b]\n`,
    )
  })

  it('headers with blanks or a comment are the same profile', () => {
    for (const header of ['[ demo ]', '[demo] ', '[demo]\t; mine', '[demo]# mine']) {
      expect(set(`${header}\n`)).toBe(`${header}\n${ENTRY}`)
    }
  })

  it('[profile demo] and [demo2] are other profiles', () => {
    const text = '[profile demo]\na = 1\n[demo2]\nb = 2\n'
    expect(set(text)).toBe(`${text}[demo]\n${ENTRY}`)
  })

  it('a header in a comment is none', () => {
    const text = '# [demo]\naws_access_key_id = OLD\n[a]\nx = 1\n'
    expect(set(text)).toBe(`${text}[demo]\n${ENTRY}`)
  })

  it('every section of the profile gets the new values, so that no old one can win', () => {
    const text = '[demo]\naws_access_key_id = OLD\n[b]\nx = 1\n[demo]\naws_access_key_id = OLDER\n'
    const result = set(text)
    expect(result).not.toContain('OLD')
    expect(result.match(/\[demo\]/g)).toHaveLength(2)
    expect(readBack(result)).toEqual(KEYS)
  })
})

describe('bytes of others', () => {
  it('CRLF files stay CRLF files', () => {
    expect(set('[a]\r\nx = 1\r\n')).toBe(
      `[a]\r\nx = 1\r\n[demo]\r\n${ENTRY.replaceAll('\n', '\r\n')}`,
    )
    expect(set('[demo]\r\naws_access_key_id = OLD\r\n')).toBe(
      `[demo]\r\n${ENTRY.replaceAll('\n', '\r\n')}`,
    )
  })

  it('a byte order mark stays, and hides nothing', () => {
    expect(set('\uFEFF[demo]\n')).toBe(`\uFEFF[demo]\n${ENTRY}`)
  })

  it('bytes that are not UTF-8 stay', () => {
    const old = Buffer.concat([
      Buffer.from('[a]\nx = '),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from('\n'),
    ])
    const result = Buffer.from(setProfileKeys(old, 'demo', KEYS))
    expect(result.subarray(0, old.length).equals(old)).toBe(true)
    expect(result.subarray(old.length).toString()).toBe(`[demo]\n${ENTRY}`)
  })

  it('a profile name that is not ASCII is found again', () => {
    const once = set('', 'größe')
    expect(set(once, 'größe')).toBe(once)
  })

  it('broken lines stay', () => {
    const text = 'no section\n[open\nx\n= y\n[demo]\nbroken\naws_session_token=OLD\n  \n'
    expect(set(text)).toBe(
      'no section\n[open\nx\n= y\n[demo]\nbroken\naws_access_key_id = ASIANEW\n' +
        'aws_secret_access_key = new/secret+key=\naws_session_token=new//token==\n  \n',
    )
  })
})

describe('values', () => {
  it('keys are found in any case, and keep their spelling and spacing', () => {
    expect(set('[demo]\nAWS_Access_Key_Id\t=OLD\n')).toBe(
      `[demo]\nAWS_Access_Key_Id\t=ASIANEW\n${ENTRY.split('\n').slice(1).join('\n')}`,
    )
  })

  it('continuation lines of an old value go with it', () => {
    const result = set('[demo]\naws_session_token = OLD\n more\n\n again\nregion = x\n')
    expect(readBack(result)).toEqual({ ...KEYS, region: 'x' })
    expect(result).not.toMatch(/more|again/)
  })

  it('continuation lines of other values stay', () => {
    const result = set('[demo]\ns3 =\n  max = 1\naws_session_token = OLD\n')
    expect(readBack(result)['s3']).toBe('\nmax = 1')
  })

  it('a comment behind a value moves to a line of its own, because botocore would read it as value', () => {
    const result = set('[demo]\naws_access_key_id = OLD ; ours # really\n')
    expect(result).toBe(`[demo]\n; ours # really\n${ENTRY}`)
    expect(set(result)).toBe(result)
  })
})

describe('size', () => {
  it('a line of 100 KiB passes', () => {
    const long = `[a]\nx = ${'y'.repeat(102_400)}\n`
    expect(set(long)).toBe(`${long}[demo]\n${ENTRY}`)
  })

  it('in 10,000 profiles only one is touched', () => {
    const profiles = Array.from(
      { length: 10_000 },
      (_, index) => `[p${index}]\naws_access_key_id = K${index}\naws_secret_access_key = S\n\n`,
    )
    const result = set(profiles.join(''), 'p5000')
    const before = profiles.slice(0, 5000).join('')
    const after = profiles.slice(5001).join('')
    expect(result.startsWith(before)).toBe(true)
    expect(result.endsWith(after)).toBe(true)
    expect(result.slice(before.length, -after.length)).toBe(`[p5000]\n${ENTRY}\n`)
  })
})

describe('sections that are indented as a whole, which botocore reads', () => {
  it('their keys are replaced, never doubled: botocore refuses such a file', () => {
    expect(
      set('[demo]\n  aws_access_key_id = OLD\n  region = x\n[b]\n  aws_access_key_id = B\n'),
    ).toBe(
      '[demo]\n  aws_access_key_id = ASIANEW\n  region = x\n' +
        '  aws_secret_access_key = new/secret+key=\n  aws_session_token = new//token==\n' +
        '[b]\n  aws_access_key_id = B\n',
    )
  })

  it('a key that is added before another takes its indentation, so that it does not swallow it', () => {
    expect(set('[demo]\n\taws_session_token = OLD\n')).toBe(
      '[demo]\n\taws_access_key_id = ASIANEW\n\taws_secret_access_key = new/secret+key=\n' +
        '\taws_session_token = new//token==\n',
    )
  })

  it('what is indented further is a value of the property above, and stays', () => {
    const nested = '  s3 =\n    aws_access_key_id = NESTED\n'
    expect(set(`[demo]\n${nested}`)).toContain(nested)
    expect(set('[demo]\ns3 =\n  aws_access_key_id = NESTED\n')).toContain('NESTED')
  })
})

describe('whatever is in the files of AWS, each with a profile written into it', () => {
  it.each(AWS_CONFIG_CASES)('$name', ({ config = '', credentials = '' }) => {
    expectWritable(config)
    expectWritable(credentials)
  })
})
