/** What a request may ask for, and what is refused before a key is touched. */

import { describe, expect, it } from 'vitest'
import { prepareRequest } from '../../../src/authority/certificate-request.ts'
import { runMain } from '../../support/fake-system.ts'

describe('prepareRequest', () => {
  it.each([
    ['web', 'is no name: a part is not of the form TYPE=VALUE'],
    ['', 'is no name'],
    ['CN=', 'a value is empty'],
    ['XY=web', 'the attribute type "XY" is unknown'],
    ['CN=web,C=Germany', 'a country of two letters'],
    ['CN=web,emailAddress=ä@example.com', 'outside of ASCII'],
    ['CN=web,serialNumber=a_b', 'may not have'],
    ['CN="web', 'is not closed'],
  ])('refuses the subject %j', (subject, said) => {
    expect(() => prepareRequest({ subject, san: [] })).toThrow(said)
  })

  it.each([
    ['web.example.com', 'does not say what kind of name it is'],
    ['dns:', 'is not a host name'],
    ['dns:a..b', 'is not a host name'],
    ['dns:müller.de', 'is not a host name'],
    ['ip:300.0.0.1', 'is not an IPv4 or IPv6 address'],
    ['ip:web', 'is not an IPv4 or IPv6 address'],
    ['uri:web', 'is not a URI'],
    ['email:ops', 'is not a mail address'],
    ['toString:x', 'does not say what kind of name it is'],
  ])('refuses the name %j', (name, said) => {
    expect(() => prepareRequest({ subject: 'CN=web', san: [name] })).toThrow(said)
  })
})

describe('csr', () => {
  it.each([
    [['--private-key', 'x'], '--subject'],
    [['--subject', 'CN=web'], 'csr needs --private-key or --signer-command'],
    [['--subject', 'CN=web', '--private-key', 'x', '--in-tpm'], '--in-tpm is about a new key'],
    [
      ['--subject', 'CN=web', '--private-key', 'env:KEY', '--generate', 'ec-p256'],
      'a new key needs a place that lasts',
    ],
    [
      [
        '--subject',
        'CN=web',
        '--private-key',
        'pkcs11:token=a',
        '--generate',
        'ec-p256',
        '--in-tpm',
      ],
      'a token keeps its keys itself',
    ],
    [
      [
        '--subject',
        'CN=web',
        '--private-key',
        'pkcs11:token=a;object=b',
        '--generate',
        'ml-dsa-65',
      ],
      'ML-DSA keys are not made on tokens here',
    ],
  ])('%j is refused', async (args, said) => {
    const { exitCode, stdout, stderr } = await runMain(['csr', ...args])
    expect([exitCode === 2 || exitCode === 4, stdout]).toEqual([true, ''])
    expect(stderr).toContain(said)
  })
})
