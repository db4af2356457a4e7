import { describe, expect, it } from 'vitest'
import { parsePkcs11Uri, type Pkcs11Uri } from '../../../src/core/pkcs11-uri.ts'
import { refusalOf } from '../../support/refusal.ts'

/** Attributes as text; an `id`, and what is no text, in hex. */
function shown(attributes: Pkcs11Uri['path']): Record<string, string> {
  return Object.fromEntries(
    [...attributes].map(([name, value]) => {
      const isText = name !== 'id' && Buffer.from(value.toString('utf8')).equals(value)
      return [name, isText ? value.toString('utf8') : `0x${value.toString('hex')}`]
    }),
  )
}

/** RFC 7512 section 2.3, rule for rule; the URIs of its section 3 have their shapes here. */
describe('a PKCS#11 URI', () => {
  it.each<[uri: string, path: object, query?: object]>([
    ['pkcs11:', {}],
    ['PKCS11:', {}],
    ['Pkcs11:token=a', { token: 'a' }],
    ['pkcs11:?', {}],
    ['pkcs11:token=', { token: '' }],
    // pk11-pchar: unreserved, and the reserved ones that need no escape in the path.
    ["pkcs11:token=:[]@!$'()*+,=&-._~", { token: ":[]@!$'()*+,=&-._~" }],
    ['pkcs11:token=a=b', { token: 'a=b' }],
    ['pkcs11:token=%3B%3F%2F%23%25%20', { token: ';?/#% ' }],
    ['pkcs11:token=Gr%C3%B6%C3%9Fe', { token: 'Größe' }],
    ['pkcs11:token=Gr%c3%b6%c3%9fe', { token: 'Größe' }],
    ['pkcs11:token=%00x%FF', { token: '0x0078ff' }],
    ['pkcs11:object=leaf;type=cert', { object: 'leaf', type: 'cert' }],
    ['pkcs11:object=;type=private', { object: '', type: 'private' }],
    ['pkcs11:type=public', { type: 'public' }],
    ['pkcs11:type=secret-key', { type: 'secret-key' }],
    ['pkcs11:type=data', { type: 'data' }],
    // Not refused: what is not known matches nothing.
    ['pkcs11:type=certificate', { type: 'certificate' }],
    ['pkcs11:x-ours=1', { 'x-ours': '1' }],
    ['pkcs11:our_vendor=1;2nd=b', { our_vendor: '1', '2nd': 'b' }],
    ['pkcs11:id=%00%01%fF', { id: '0x0001ff' }],
    ['pkcs11:id=abc', { id: '0x616263' }],
    ['pkcs11:id=', { id: '0x' }],
    ['pkcs11:slot-id=0', { 'slot-id': '0' }],
    ['pkcs11:slot-id=18446744073709551615', { 'slot-id': '18446744073709551615' }],
    ['pkcs11:library-version=3', { 'library-version': '3' }],
    ['pkcs11:library-version=0.255', { 'library-version': '0.255' }],
    [
      'pkcs11:library-manufacturer=A;library-description=B;slot-description=C;slot-manufacturer=D',
      {
        'library-manufacturer': 'A',
        'library-description': 'B',
        'slot-description': 'C',
        'slot-manufacturer': 'D',
      },
    ],
    [
      'pkcs11:model=M;manufacturer=N;serial=0123;token=T',
      { model: 'M', manufacturer: 'N', serial: '0123', token: 'T' },
    ],
    // Longer than the 32 bytes of CK_TOKEN_INFO: never cut.
    [`pkcs11:token=${'x'.repeat(40)}`, { token: 'x'.repeat(40) }],
    ['pkcs11:?pin-source=file:/etc/pin', {}, { 'pin-source': 'file:/etc/pin' }],
    ['pkcs11:?pin-source=%2Fetc%2Fpin', {}, { 'pin-source': '/etc/pin' }],
    ['pkcs11:?pin-value=12%26%2334', {}, { 'pin-value': '12&#34' }],
    ['pkcs11:?module-name=softhsm2', {}, { 'module-name': 'softhsm2' }],
    ['pkcs11:?module-path=/usr/lib/m.so', {}, { 'module-path': '/usr/lib/m.so' }],
    [
      'pkcs11:token=a?module-name=m&pin-value=1&x-ours=2',
      { token: 'a' },
      { 'module-name': 'm', 'pin-value': '1', 'x-ours': '2' },
    ],
    // pk11-qchar has "/", "?" and "|" besides.
    ['pkcs11:?module-path=/a?b|c', {}, { 'module-path': '/a?b|c' }],
    // Section 2.3: only vendor attributes may come twice; the first is kept.
    ['pkcs11:?x=1&x=2', {}, { x: '1' }],
  ])('%s is read', (uri, path, query = {}) => {
    const parsed = parsePkcs11Uri(uri)
    expect(shown(parsed.path)).toEqual(path)
    expect(Object.fromEntries(parsed.query)).toEqual(query)
    expect(parsed.warnings).toEqual([])
  })

  it.each<[uri: string, path: object, query: object, warning: string]>([
    ['pkcs11:token=My token', { token: 'My token' }, {}, 'should be escaped'],
    ['pkcs11:token=a/b', { token: 'a/b' }, {}, 'should be escaped'],
    ['pkcs11:token=Größe', { token: 'Größe' }, {}, 'should be escaped'],
    ['pkcs11:token=a;pin-value=1', { token: 'a' }, { 'pin-value': '1' }, 'belongs after a "?"'],
    ['pkcs11:pin-source=x', {}, { 'pin-source': 'x' }, 'belongs after a "?"'],
  ])('%s is read, and how to write it is said', (uri, path, query, warning) => {
    const parsed = parsePkcs11Uri(uri)
    expect(shown(parsed.path)).toEqual(path)
    expect(Object.fromEntries(parsed.query)).toEqual(query)
    expect(parsed.warnings).toEqual([expect.stringContaining(warning)])
  })

  it('names from drafts of the standard are those of today', () => {
    for (const name of ['object-type', 'objecttype']) {
      expect(shown(parsePkcs11Uri(`pkcs11:${name}=cert`).path)).toEqual({ type: 'cert' })
    }
  })

  it.each<[uri: string, reason: string]>([
    ['', 'does not begin'],
    ['pkcs11', 'does not begin'],
    ['token=a', 'does not begin'],
    ['pkcs12:token=a', 'does not begin'],
    ['pkcs11:token', 'has no "="'],
    ['pkcs11:;', 'no proper name'],
    ['pkcs11:token=a;', 'no proper name'],
    ['pkcs11:=a', 'no proper name'],
    ['pkcs11:to ken=a', 'no proper name'],
    ['pkcs11:t%6Fken=a', 'no proper name'],
    ['pkcs11:?pin-value', 'has no "="'],
    ['pkcs11:?&', 'no proper name'],
    ['pkcs11:token=%', 'two hex digits'],
    ['pkcs11:token=%4', 'two hex digits'],
    ['pkcs11:token=%4g', 'two hex digits'],
    ['pkcs11:?module-name=%x1', 'two hex digits'],
    ['pkcs11:token=a\nb', 'control character'],
    ['pkcs11:?module-path=/a\u0000', 'control character'],
    ['pkcs11:token=a#b', 'holds a "#"'],
    ['pkcs11:token=a;token=a', 'two "token"'],
    ['pkcs11:type=cert;object-type=cert', 'two "type"'],
    ['pkcs11:?pin-value=1&pin-value=2', 'two "pin-value"'],
    ['pkcs11:?module-name=a&module-name=a', 'two "module-name"'],
    ['pkcs11:?pin-value=1&pin-source=/x', 'both "pin-source" and "pin-value"'],
    ['pkcs11:slot-id=', '"slot-id"'],
    ['pkcs11:slot-id=-1', '"slot-id"'],
    ['pkcs11:slot-id=0x1', '"slot-id"'],
    ['pkcs11:slot-id=1%20', '"slot-id"'],
    ['pkcs11:library-version=', '"library-version"'],
    ['pkcs11:library-version=1.', '"library-version"'],
    ['pkcs11:library-version=.1', '"library-version"'],
    ['pkcs11:library-version=1.2.3', '"library-version"'],
    ['pkcs11:library-version=256', '"library-version"'],
    ['pkcs11:library-version=1.256', '"library-version"'],
    ['pkcs11:library-version=v1', '"library-version"'],
  ])('%j is refused', (uri, reason) => {
    const error = refusalOf(() => parsePkcs11Uri(uri))
    expect(error.code).toBe('ERR_CONFIG_PKCS11_URI_INVALID')
    expect(error.message).toContain(reason)
  })
})
