/**
 * Canonical requests and strings to sign against botocore's, byte for byte: the kinds of request that
 * the signing suites of AWS have, for paths that are normalised and, as S3 wants them, that are not.
 *
 * botocore takes a query as it is, an S3 path too, and loses the slash of `/a/.`, so queries here are
 * encoded and those paths left out; test/unit/core/canonical-request.test.ts has them.
 *
 * @see AWS General Reference, "Create a signed AWS API request", steps 1 to 3
 */

import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalRequest } from '../../src/core/canonical-request.ts'
import { stringToSign } from '../../src/core/string-to-sign.ts'
import { hasPythonModule, PYTHON } from '../support/capabilities.ts'
import { Workshop } from '../support/foreign-data/workshop.ts'

const SCRIPT = new URL('../support/foreign-data/sigv4.py', import.meta.url).pathname
const hasBotocore = hasPythonModule('botocore')
const AT = Date.parse('2026-11-21T12:00:00Z')
const DATE = '20261121T120000Z'

type Header = readonly [name: string, value: string]

interface Request {
  readonly name: string
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: readonly Header[]
  readonly body?: string
}

const PATHS = [
  ...['/', '//', '/a', '/a/', '/a//b', '/./a', '/a/./b', '/a/..', '/a/../b', '/a/../..'],
  ...['/../a', '/a/b/../../c', '/...', '/a.b', '/.a', '/a/...', '/-_.~', '/AZaz09', '/a%20b'],
  ...['/a%2Fb', '/%E4%B8%96', '/a%25b', '/sessions'],
]

const QUERIES = [
  ...['', 'a', 'a=', '=a', 'a=1', 'b=2&a=1', 'a=2&a=1', 'a=1&a=10&a=2', 'A=1&a=2&B=3', 'a-b=1&a=2'],
  ...['a=%20', 'a=%2B', 'a=%2F', '%E1%88%B4=1', 'a=%E1%88%B4', '-_.~=-_.~', 'AZaz09=AZaz09'],
  ...['a=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa', 'a1=x&a=y&a0=z', 'a%20b=1&a=2'],
]

const REQUESTS: readonly Request[] = [
  ...PATHS.map((path) => ({ name: `path ${path}`, path })),
  ...QUERIES.map((query) => ({ name: `query ${query}`, query })),
  ...['GET', 'POST', 'PUT', 'DELETE'].map((method) => ({ name: `method ${method}`, method })),
  {
    name: 'a header that comes twice',
    headers: [
      ['X-A', 'b'],
      ['X-A', 'a'],
    ],
  },
  {
    name: 'a header that comes twice, in two cases',
    headers: [
      ['X-A', 'b'],
      ['x-a', 'a'],
    ],
  },
  {
    name: 'a header three times, between others',
    headers: [
      ['X-A', '3'],
      ['X-B', '0'],
      ['X-A', '1'],
      ['X-A', '2'],
    ],
  },
  {
    name: 'values with blanks around',
    headers: [
      ['X-A', '  a  '],
      ['X-B', '\tb\t'],
    ],
  },
  {
    name: 'values with blanks inside',
    headers: [
      ['X-A', 'a   b \t c'],
      ['X-B', '"a   b"'],
    ],
  },
  { name: 'an empty value', headers: [['X-A', '']] },
  {
    name: 'names that differ late',
    headers: [
      ['x-amz-x509-chain', '1'],
      ['x-amz-x509', '2'],
      ['x-amz-x', '3'],
    ],
  },
  {
    name: 'names in any case',
    headers: [
      ['X-AMZ-A', '1'],
      ['x-amz-B', 'V2'],
      ['My-Header1', 'V1'],
    ],
  },
  { name: 'a session token', headers: [['X-Amz-Security-Token', 'AQoDYXdz//8E+w==']] },
  {
    name: 'a form',
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded; charset=utf8']],
    body: 'a=b&c=d',
  },
  {
    name: 'JSON',
    method: 'POST',
    headers: [['Content-Type', 'application/json']],
    body: '{"a":"ü"}',
  },
  { name: 'a body of nothing but a line end', method: 'POST', body: '\n' },
  {
    name: 'signed by query',
    query: [
      'X-Amz-Algorithm=AWS4-HMAC-SHA256',
      'X-Amz-Credential=AKID%2F20261121%2Feu-central-1%2Fservice%2Faws4_request',
      `X-Amz-Date=${DATE}&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&a=1`,
    ].join('&'),
  },
]

const CASES = [true, false].flatMap((normalise) =>
  REQUESTS.map(({ method = 'GET', path = '/', query = '', headers = [], body = '', name }) => ({
    name: `${name}, ${normalise ? 'normalised' : 'as it is'}`,
    method,
    path,
    query,
    headers: [['Host', 'h.example'], ['X-Amz-Date', DATE], ...headers] as readonly Header[],
    body,
    date: DATE,
    normalise,
  })),
)

let answers: readonly { readonly canonical: string; readonly toSign: string }[]

beforeAll(() => {
  if (!hasBotocore) return
  using shop = new Workshop()
  const printed = shop.run(PYTHON, [SCRIPT], { input: JSON.stringify(CASES) })
  answers = JSON.parse(printed.toString()) as typeof answers
})

describe.skipIf(!hasBotocore)('canonical requests', () => {
  it.each(CASES.map((one, index) => ({ ...one, index })))('$name', (one) => {
    const { normalise } = one
    const rule = { normalise, encoding: normalise ? 'double' : 'single' } as const
    const { text } = canonicalRequest({ ...one, body: Buffer.from(one.body) }, rule)
    const scope = { region: 'eu-central-1', service: 'service', atMs: AT }
    const toSign = stringToSign('AWS4-HMAC-SHA256', scope, text)
    expect({ canonical: text, toSign }).toEqual(answers[one.index])
  })
})
