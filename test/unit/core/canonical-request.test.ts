import { describe, expect, it } from 'vitest'
import { canonicalRequest } from '../../../src/core/canonical-request.ts'
import type {
  CanonicalPathRule,
  CanonicalRequestParts,
} from '../../../src/core/canonical-request.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const canonical = (parts: Partial<CanonicalRequestParts>, rule?: CanonicalPathRule): string[] =>
  canonicalRequest(
    { method: 'POST', path: '/', query: '', headers: [], body: Buffer.from(''), ...parts },
    rule,
  ).text.split('\n')

describe('canonicalRequest', () => {
  it('has method, path, query, headers, an empty line, their names and the hash of the body', () => {
    const headers = { 'x-b': '2', host: 'h', 'X-A': '1' }
    expect(
      canonical({ path: '/sessions', query: 'b=2&a=1', headers: Object.entries(headers) }),
    ).toEqual([
      'POST',
      '/sessions',
      'a=1&b=2',
      'host:h',
      'x-a:1',
      'x-b:2',
      '',
      'host;x-a;x-b',
      EMPTY,
    ])
  })

  it.each([
    ['/a%20b', '/a%2520b', '/a%20b'],
    ['/a b', '/a%20b', '/a%20b'],
    ['/a%2Fb', '/a%252Fb', '/a%2Fb'],
    ['/%7e', '/%257e', '/~'],
    ['/100%', '/100%25', '/100%25'],
    ['/%ff', '/%25ff', '/%FF'],
    ["/!'()*=+,@:", '/%21%27%28%29%2A%3D%2B%2C%40%3A', '/%21%27%28%29%2A%3D%2B%2C%40%3A'],
  ])('path %s is %s encoded twice and %s encoded once', (path, double, single) => {
    expect(canonical({ path })[1]).toBe(double)
    expect(canonical({ path }, { encoding: 'single' })[1]).toBe(single)
  })

  it.each([
    ['', '/', ''],
    ['/..', '/', '/..'],
    ['/a/../../b', '/b', '/a/../../b'],
    ['//a//b//', '/a/b/', '//a//b//'],
    ['/a/.', '/a/', '/a/.'],
    ['/a/b/..', '/a/', '/a/b/..'],
    ['/...', '/...', '/...'],
  ])('path %j is %s normalised and %j as it is', (path, normalised, raw) => {
    expect(canonical({ path })[1]).toBe(normalised)
    expect(canonical({ path }, { normalise: false })[1]).toBe(raw)
  })

  it.each([
    ['a=2&a=10&a=1', 'a=1&a=10&a=2', 'values of one name are sorted'],
    ['a-b=1&a=2', 'a=2&a-b=1', 'names are sorted, not whole parameters'],
    ['A=1&a=2&B=3', 'A=1&B=3&a=2', 'by byte value'],
    ['a', 'a=', 'a name alone has an empty value'],
    ['a=b=c', 'a=b%3Dc', 'the first = divides'],
    ['a=b+c&d=%20', 'a=b%2Bc&d=%20', 'a plus is a plus'],
    ['&&a=1&', 'a=1', 'empty parameters vanish'],
    ['=1', '=1', 'a name may be empty'],
    ['arn=arn:aws:iam::1:role/a', 'arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa', 'as ARNs need it'],
    ['a=%3a', 'a=%3A', 'escapes become upper case'],
    ['a=%', 'a=%25', 'a stray % stands for itself'],
    ['a=ሴ', 'a=%E1%88%B4', 'text goes as UTF-8'],
  ])('query %s is %s: %s', (query, expected) => {
    expect(canonical({ query })[2]).toBe(expected)
  })

  it('joins the values of a repeated header in the order given, whatever its case', () => {
    const headers = [
      ['X-A', ' 2 '],
      ['x-b', ''],
      ['x-a', '1\t \t3'],
    ] as const
    expect(canonical({ headers }).slice(3, 7)).toEqual(['x-a:2,1 3', 'x-b:', '', 'x-a;x-b'])
  })

  it('sorts header names by byte value', () => {
    const headers = ['x-amz-x509-chain', 'x-amz-x509', 'x_', 'x-amz-date'].map(
      (name) => [name, 'v'] as const,
    )
    expect(
      canonicalRequest({ method: 'GET', path: '/', query: '', headers, body: Buffer.of() }),
    ).toMatchObject({ signedHeaders: 'x-amz-date;x-amz-x509;x-amz-x509-chain;x_' })
  })
})
