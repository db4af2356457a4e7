import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isMisplacedContent } from '../../../src/core/misplaced-content.ts'

describe('isMisplacedContent', () => {
  it.each(['rsa', 'ec'] as const)('recognises a key in PEM and in Base64: %s', (type) => {
    const { privateKey, publicKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const form of ['pkcs8', type === 'rsa' ? 'pkcs1' : 'sec1'] as const) {
      const pem = privateKey.export({ format: 'pem', type: form }).toString()
      const base64 = privateKey.export({ format: 'der', type: form }).toString('base64')
      expect(isMisplacedContent(pem)).toBe(true)
      expect(isMisplacedContent(pem.replaceAll('\n', '\\n'))).toBe(true)
      expect(isMisplacedContent(base64)).toBe(true)
      expect(isMisplacedContent(base64.replaceAll('+', '-').replaceAll('/', '_'))).toBe(true)
    }
    expect(
      isMisplacedContent(publicKey.export({ format: 'der', type: 'spki' }).toString('base64')),
    ).toBe(true)
  })

  it.each([
    '/etc/pki/client.key',
    'client.key',
    'MIIclient.key',
    '~/keys/client.key',
    `Music/${'very-long-folder-name/'.repeat(9)}key`,
    `/run/secrets/${'a'.repeat(200)}`,
    'env:CLIENT_KEY',
    '',
  ])('takes a path for a path: %s', (path) => {
    expect(isMisplacedContent(path)).toBe(false)
  })
})
