import { describe, expect, it } from 'vitest'
import {
  describeLocation,
  parseCertificateLocation,
  parseContentLocation,
  parseKeyLocation,
  type TokenLocation,
} from '../../../src/core/key-location.ts'
import { refusalOf } from '../../support/refusal.ts'

describe('a place', () => {
  it.each([
    ['client.key', { kind: 'path', path: 'client.key' }],
    ['file:client.key', { kind: 'path', path: 'client.key' }],
    ['prompt', { kind: 'path', path: 'prompt' }],
    ['./stdin', { kind: 'path', path: './stdin' }],
    ['stdin', { kind: 'secret', source: { kind: 'stdin', argument: '' } }],
    ['env:KEY', { kind: 'secret', source: { kind: 'env', argument: 'KEY' } }],
    ['fd:3', { kind: 'secret', source: { kind: 'fd', argument: '3' } }],
    ['cmd:pass show key', { kind: 'secret', source: { kind: 'cmd', argument: 'pass show key' } }],
    ['PKCS11:token=a', { kind: 'pkcs11' }],
    ['handle:0x81000001', { kind: 'tpm-handle', handle: 0x8100_0001 }],
    ['handle:81000001', { kind: 'tpm-handle', handle: 0x8100_0001 }],
    ['HANDLE:0X81000001', { kind: 'tpm-handle', handle: 0x8100_0001 }],
  ])('%s', (text, expected) => {
    expect(parseKeyLocation(text, 'privateKey')).toMatchObject(expected)
  })

  it('of a certificate is never in a TPM, and that of intermediates never on a token', () => {
    expect(parseCertificateLocation('handle:0x81000001', 'certificate')).toEqual({
      kind: 'path',
      path: 'handle:0x81000001',
    })
    for (const text of ['pkcs11:token=a', 'file:pkcs11:token=a?pin-value=1234']) {
      expect(() => parseContentLocation(text, 'intermediates')).toThrow(
        expect.objectContaining({
          code: 'ERR_USAGE_INVALID_VALUE',
          message: 'intermediates names a file, and what follows is a pkcs11 URI',
        }) as Error,
      )
    }
    expect(parseContentLocation('./pkcs11:token=a', 'intermediates')).toEqual({
      kind: 'path',
      path: './pkcs11:token=a',
    })
  })

  it('on a token may stand behind a blank, with a warning', () => {
    const { kind, uri } = parseCertificateLocation(
      ' pkcs11:token=a',
      'certificate',
    ) as TokenLocation
    expect([kind, uri.path.get('token')?.toString()]).toEqual(['pkcs11', 'a'])
    expect(uri.warnings).toEqual(['a blank stands before a pkcs11 URI'])
  })

  it('has every path changed by the caller, whichever way it is written', () => {
    const home = (path: string): string => path.replace('~', '/home/u')
    for (const text of ['~/client.pem', 'file:~/client.pem']) {
      const parsed = parseCertificateLocation(text, 'certificate', home)
      expect(parsed).toEqual({ kind: 'path', path: '/home/u/client.pem' })
    }
  })

  it.each(['handle:', 'handle:0x80000001', 'handle:0x01c00002', 'handle:zz', 'handle:0x181000001'])(
    '%s names no persistent handle',
    (text) => {
      const error = refusalOf(() => parseKeyLocation(text, 'privateKey'))
      expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
    },
  )

  it('is never the content itself, which no message repeats', () => {
    const pem = '-----BEGIN PRIVATE KEY-----canary'
    const error = refusalOf(() => parseKeyLocation(pem, 'privateKey'))
    expect(error).toMatchObject({ code: 'ERR_USAGE_INVALID_VALUE', setting: 'privateKey' })
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('canary')
  })
})

describe('what is shown of a place', () => {
  it.each([
    ['client.key', 'client.key'],
    ['stdin', 'stdin'],
    ['env:KEY', 'env:KEY'],
    ['cmd:pass show canary', 'cmd:***'],
    ['handle:81000001', 'handle:0x81000001'],
    ['pkcs11:token=a;id=%01?pin-value=canary', 'pkcs11:token=a;id=%01'],
    ['pkcs11:token=a?pin-source=canary&module-path=/m.so', 'pkcs11:token=a?module-path=/m.so'],
  ])('%s', (text, shown) => {
    expect(describeLocation(parseKeyLocation(text, 'privateKey'))).toBe(shown)
  })
})
