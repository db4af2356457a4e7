import { describe, expect, it } from 'vitest'
import { bypassesProxy, proxyFor } from '../../../src/transport/proxy.ts'

const AWS = new URL('https://rolesanywhere.eu-west-1.amazonaws.com/sessions')

describe('NO_PROXY', () => {
  it.each([
    // entry, host, port, whether the proxy is left out
    ['*', 'rolesanywhere.eu-west-1.amazonaws.com', 443, true],
    ['amazonaws.com', 'rolesanywhere.eu-west-1.amazonaws.com', 443, true],
    ['amazonaws.com', 'amazonaws.com', 443, true],
    ['amazonaws.com', 'notamazonaws.com', 443, false],
    ['.amazonaws.com', 'rolesanywhere.eu-west-1.amazonaws.com', 443, true],
    ['.amazonaws.com', 'amazonaws.com', 443, false],
    ['*.amazonaws.com', 'rolesanywhere.eu-west-1.amazonaws.com', 443, true],
    ['*.amazonaws.com', 'amazonaws.com', 443, false],
    ['AmazonAWS.COM.', 'rolesanywhere.EU-west-1.amazonaws.com.', 443, true],
    ['example.com, amazonaws.com', 'x.amazonaws.com', 443, true],
    ['example.com  amazonaws.com', 'x.amazonaws.com', 443, true],
    ['example.com,,', 'x.amazonaws.com', 443, false],
    ['', 'x.amazonaws.com', 443, false],
    ['.', 'x.amazonaws.com', 443, false],
    ['*.', 'x.amazonaws.com', 443, false],
    ['amazonaws.com:443', 'x.amazonaws.com', 443, true],
    ['amazonaws.com:8443', 'x.amazonaws.com', 443, false],
    ['*:8443', 'x.amazonaws.com', 443, false],
    ['*:443', 'x.amazonaws.com', 443, true],
    ['192.0.2.7', '192.0.2.7', 443, true],
    ['192.0.2.7', '192.0.2.70', 443, false],
    ['192.0.2.7:443', '192.0.2.7', 443, true],
    ['192.0.2.0/24', '192.0.2.255', 443, true],
    ['192.0.2.0/24', '192.0.3.0', 443, false],
    ['192.0.2.0/33', '192.0.2.1', 443, false],
    ['192.0.2.0/', '192.0.2.0', 443, false],
    ['192.0.2.0/-1', '192.0.2.1', 443, false],
    ['2001:db8::/32', '2001:db8::1', 443, true],
    ['2001:db8::1', '2001:db8:0:0::1', 443, true],
    ['[2001:db8::1]:443', '2001:db8::1', 443, true],
    ['[2001:db8::1]:8443', '2001:db8::1', 443, false],
    ['[2001:db8::1]', '2001:db8::1', 443, true],
    ['2001:db8::/32', '192.0.2.1', 443, false],
    ['2.7', '192.0.2.7', 443, false],
    ['0.0.0.0/0', 'x.amazonaws.com', 443, false],
  ])('%s for %s:%i', (entry, host, port, expected) => {
    expect(bypassesProxy(host, port, entry)).toBe(expected)
  })
})

describe('the proxy', () => {
  it('is none unless set', () => {
    expect(proxyFor(AWS, {})).toBeUndefined()
    expect(proxyFor(AWS, { httpsProxy: '' })).toBeUndefined()
  })

  it.each([
    ['cache.example:3128', 'cache.example', 3128, false],
    ['http://cache.example', 'cache.example', 80, false],
    ['HTTP://cache.example:8080/', 'cache.example', 8080, false],
    ['https://cache.example', 'cache.example', 443, true],
    ['http://[2001:db8::1]:3128', '2001:db8::1', 3128, false],
  ])('%s is read', (httpsProxy, hostname, port, secure) => {
    expect(proxyFor(AWS, { httpsProxy })).toEqual({
      peer: { role: 'proxy', hostname, port },
      secure,
      authorization: undefined,
    })
  })

  it.each([
    'https://127.0.0.1:8443/',
    'https://127.9.9.9/',
    'https://[::1]:8443/',
    'https://localhost/',
    'https://emulator.localhost/',
    'http://127.0.0.1/',
  ])('never stands before loopback: %s', (url) => {
    expect(proxyFor(new URL(url), { httpsProxy: 'http://cache.example:3128' })).toBeUndefined()
  })

  it('is left out for what NO_PROXY lists', () => {
    const httpsProxy = 'http://cache.example:3128'
    expect(proxyFor(AWS, { httpsProxy, noProxy: 'amazonaws.com' })).toBeUndefined()
    expect(proxyFor(AWS, { httpsProxy, noProxy: 'example.com' })).toBeDefined()
  })

  it('of an unusable kind is refused, unless NO_PROXY makes it moot', () => {
    for (const httpsProxy of [
      'socks5://cache.example',
      'http://',
      'http://host:99999',
      'ftp://h',
    ]) {
      expect(() => proxyFor(AWS, { httpsProxy })).toThrow(
        expect.objectContaining({ code: 'ERR_NETWORK_PROXY' }),
      )
      expect(proxyFor(AWS, { httpsProxy, noProxy: '*' })).toBeUndefined()
    }
  })
})
