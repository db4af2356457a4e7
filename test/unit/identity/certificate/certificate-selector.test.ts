import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../src/emulator/throwaway-pki.ts'
import { Asn1Element } from '../../../../src/identity/encoding/asn1-element.ts'
import {
  matchesSelector,
  readCertificateSelector,
} from '../../../../src/identity/certificate/certificate-selector.ts'
import {
  NameSyntaxError,
  isSameName,
  parseDistinguishedName,
  readDistinguishedName,
} from '../../../../src/identity/certificate/distinguished-name.ts'

const same = (a: string, b: string): boolean =>
  isSameName(parseDistinguishedName(a), parseDistinguishedName(b))

describe('distinguished names', () => {
  it('take no time to speak of, however many blanks are in them', () => {
    const blanks = ' '.repeat(30_000)
    const startedAt = performance.now()
    expect(same(`CN=a${blanks}b${blanks}c`, 'CN=a b c')).toBe(true)
    // The square of their number took twelve seconds.
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it.each([
    ['CN=web,O=Acme', 'cn=WEB, o=acme'],
    ['CN=web,O=Acme', 'O=Acme,CN=web'],
    ['CN=a  b,O=Acme', 'CN=a b,O=Acme'],
    ['CN=a+OU=b,O=c', 'OU=b+CN=a,O=c'],
    ['CN=Sue\\, Grabbit,O=Acme', 'CN="Sue, Grabbit",O=Acme'],
    ['CN=L\\C4\\8Di\\C4\\87', 'CN=Lčić'],
    ['2.5.4.3=web', 'CN=web'],
    ['CN=#0c03776562', 'CN=web'],
    ['emailAddress=a@b.c,CN=x', 'E=a@b.c,CN=x'],
    ['1.2.3.4=#0500', '1.2.3.4=#0500'],
    ['CN=Ａ', 'CN=a'],
    ['CN=', 'CN=""'],
  ])('%s is %s', (one, other) => {
    expect(same(one, other)).toBe(true)
  })

  it.each([
    ['CN=web,O=Acme', 'CN=web'],
    ['CN=web,O=Acme', 'CN=web,OU=Acme'],
    ['CN=a+OU=b,O=c', 'CN=a,OU=b,O=c'],
    ['CN=a,O=b,C=c', 'O=b,CN=a,C=c'],
    ['CN=Bob,O=A,CN=Eve', 'CN=Eve,O=A,CN=Mallory'],
    ['CN=a\\,O=b', 'CN=a,O=b'],
  ])('%s is not %s', (one, other) => {
    expect(same(one, other)).toBe(false)
  })

  it.each(['', 'web', 'CN', '=web', 'CN=a,', 'FOO=bar', 'CN="a', 'CN=a"b', 'CN=#zz', 'CN=#0c0361'])(
    '%j is no name',
    (text) => {
      expect(() => parseDistinguishedName(text)).toThrow(NameSyntaxError)
    },
  )

  it('are read from what OpenSSL-like encoders write', () => {
    // RDNSequence { { C=DE (PrintableString) } { CN=web (UTF8String) } }
    const der = '301b310b3009060355040613024445310c300a06035504030c03776562'
    const name = readDistinguishedName(Asn1Element.parse(Buffer.from(der, 'hex')))
    expect(isSameName(name, parseDistinguishedName('CN=web,C=DE'))).toBe(true)
  })
})

describe('certificate selectors', () => {
  let certificate: X509Certificate
  let serial: string
  beforeAll(async () => {
    const root = await createAuthority({ subject: 'CN=Root,O=Acme' })
    const issued = await root.issue({ subject: 'CN=web one,O=Acme', serialNumber: 0x15d1n })
    certificate = new X509Certificate(issued.certificatePem)
    serial = '15D1'
  })

  const matches = async (text: string): Promise<boolean> =>
    matchesSelector(certificate, await readCertificateSelector(text))

  it('match on every key that is given', async () => {
    expect(await matches('Key=x509Subject,Value=CN=web one,O=Acme')).toBe(true)
    expect(await matches(`Key=x509Serial,Value=${serial}`)).toBe(true)
    expect(await matches('Key=x509Serial,Value=0x15:d1')).toBe(true)
    expect(await matches('Key=x509Serial,Value=000015d1')).toBe(true)
    const all = `Key=x509Issuer,Value=O=Acme,CN=Root Key=x509Subject,Value=CN=web one,O=Acme Key=x509Serial,Value=${serial}`
    expect(await matches(all)).toBe(true)
    expect(await matches(all.replace(serial, '15D2'))).toBe(false)
    expect(await matches(all.replace('web one', 'web two'))).toBe(false)
    expect(await matches(all.replace('CN=Root', 'CN=Other'))).toBe(false)
  })

  it.each([
    ['', 'of the form'],
    ['x509Subject=CN=a', 'of the form'],
    ['Key=x509Subject', 'of the form'],
    ['Key=x509subject,Value=CN=a', '"x509subject" is not one of its keys'],
    ['Key=x509Subject,Value=CN=a Key=x509Subject,Value=CN=b', 'given twice'],
    ['Key=x509Subject,Value=', 'not a distinguished name'],
    ['Key=x509Serial,Value=xyz', 'not hexadecimal'],
  ])('%j is refused', async (text, problem) => {
    await expect(readCertificateSelector(text)).rejects.toMatchObject({
      code: 'ERR_USAGE_INVALID_VALUE',
      message: expect.stringContaining(problem) as string,
      hint: expect.stringContaining('x509Subject, x509Issuer, x509Serial') as string,
    })
  })

  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-selector-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  /** As `file://` takes it. */
  function selectorFile(content: string): string {
    const path = join(folder, 'selector.json')
    writeFileSync(path, content)
    return `file://${path}`
  }

  /** The syntax of the reference helper's `--cert-selector file://…`. */
  it.each([
    '',
    'x',
    '[]',
    '{}',
    '[1]',
    '[null]',
    '"x509Subject"',
    '{"x509Subject":"CN=a"}',
    '{"Key":"x509Serial","Value":"15D1"}',
    '[{"Key":"x509Subject"}]',
    '[{"Value":"CN=a"}]',
    '[{"Key":"x509Subject","Value":1}]',
    '[{"Key":"x509Other","Value":"CN=a"}]',
    '[{"Key":"x509Subject","Value":"CN=a","More":1}]',
    '[{"Key":"x509Subject","Value":"CN=a"},{"Key":"x509Subject","Value":"CN=b"}]',
    '[{"Key":"x509Serial","Value":"no number"}]',
  ])('a file with %j is refused', async (content) => {
    await expect(readCertificateSelector(selectorFile(content))).rejects.toMatchObject({
      code: 'ERR_USAGE_INVALID_VALUE',
    })
  })

  it('a file may name one key, two, or all of them', async () => {
    const entries = [
      { Key: 'x509Subject', Value: 'CN=web one,O=Acme' },
      { Key: 'x509Issuer', Value: 'CN=Root,O=Acme' },
      { Key: 'x509Serial', Value: '15D1' },
    ]
    for (const count of [1, 2, 3]) {
      const content = JSON.stringify(entries.slice(0, count), null, 4)
      const selector = await readCertificateSelector(selectorFile(content))
      expect(Object.keys(selector)).toHaveLength(count)
      expect(matchesSelector(certificate, selector)).toBe(true)
    }
    const other = JSON.stringify([...entries.slice(0, 2), { Key: 'x509Serial', Value: '15D2' }])
    const selector = await readCertificateSelector(selectorFile(other))
    expect(matchesSelector(certificate, selector)).toBe(false)
  })

  it('a file that is not there is told', async () => {
    await expect(readCertificateSelector('file:///nonexistent/s.json')).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_UNREADABLE',
    })
  })
})
