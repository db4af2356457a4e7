import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_BODY_BYTES,
  MAX_HEAD_BYTES,
  MalformedRequest,
  parseRawRequest,
  type RawRequest,
} from '../../../src/emulator/raw-request.ts'

function request(head: readonly string[], body = ''): Buffer {
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

function parsed(bytes: Buffer): RawRequest | undefined {
  return parseRawRequest(bytes)?.request
}

function statusOf(bytes: Buffer): number | undefined {
  try {
    parseRawRequest(bytes)
  } catch (error) {
    if (error instanceof MalformedRequest) return error.status
    throw error
  }
  return undefined
}

const LINE = 'POST /sessions HTTP/1.1'
const HOST = 'Host: 127.0.0.1'
const CHUNKED = 'Transfer-Encoding: chunked'

it('target, header order, header spelling and body stay as they were sent', () => {
  const bytes = request(
    [
      'POST /a%2Fb?x=%41&y HTTP/1.1',
      'HOST:h',
      'B:  two  words \t',
      'b:',
      'A: \xe9',
      'Content-Length: 2',
    ],
    'hi and more',
  )
  expect(parseRawRequest(bytes)).toEqual({
    request: {
      method: 'POST',
      target: '/a%2Fb?x=%41&y',
      headers: [
        { name: 'HOST', value: 'h' },
        { name: 'B', value: 'two  words' },
        { name: 'b', value: '' },
        { name: 'A', value: '\xe9' },
        { name: 'Content-Length', value: '2' },
      ],
      body: Buffer.from('hi'),
    },
    length: bytes.length - ' and more'.length,
  })
})

it('a request without a length has no body', () => {
  expect(parsed(request([LINE, HOST]))?.body).toHaveLength(0)
})

it('chunks are joined, whatever the case of their sizes', () => {
  const bytes = request([LINE, HOST, CHUNKED], 'A\r\n0123456789\r\n01\r\n!\r\n0\r\n\r\nnext')
  expect(Buffer.from(parsed(bytes)?.body ?? []).toString()).toBe('0123456789!')
  expect(parseRawRequest(bytes)?.length).toBe(bytes.length - 'next'.length)
})

describe('what is not complete yet is waited for', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half of a line', Buffer.from('POST /sess')],
    ['no end of the head', Buffer.from(`${LINE}\r\n${HOST}\r\n`)],
    ['a part of the body', request([LINE, HOST, 'Content-Length: 3'], 'ab')],
    ['no chunk size', request([LINE, HOST, CHUNKED], '')],
    ['a part of a chunk', request([LINE, HOST, CHUNKED], '5\r\nab')],
    ['no end of a chunk', request([LINE, HOST, CHUNKED], '2\r\nab\r')],
    ['no last chunk', request([LINE, HOST, CHUNKED], '2\r\nab\r\n')],
    ['no end of the last chunk', request([LINE, HOST, CHUNKED], '0\r\n\r')],
  ])('%s', (_, bytes) => {
    expect(parseRawRequest(bytes)).toBeUndefined()
  })
})

describe('what two readers could read differently is refused', () => {
  it.each<[string, Buffer, number]>([
    ['no Host', request([LINE]), 400],
    ['two Hosts', request([LINE, HOST, HOST]), 400],
    ['HTTP/1.0', request(['POST / HTTP/1.0', HOST]), 505],
    ['a preface of HTTP/2', request(['PRI * HTTP/2.0']), 400],
    ['an absolute target', request(['POST http://h/sessions HTTP/1.1', HOST]), 400],
    ['white space in the target', request(['POST /a b HTTP/1.1', HOST]), 400],
    ['a byte above ASCII in the target', request(['POST /\xe9 HTTP/1.1', HOST]), 400],
    ['a lower-case method', request(['post / HTTP/1.1', HOST]), 400],
    ['two spaces', request(['POST  / HTTP/1.1', HOST]), 400],
    ['a header without a name', request([LINE, HOST, ': x']), 400],
    ['a header without a colon', request([LINE, HOST, 'x']), 400],
    ['a space before the colon', request([LINE, 'Host : h']), 400],
    ['a folded header', request([LINE, HOST, 'A: 1', ' 2']), 400],
    ['a bare line feed', request([LINE, `${HOST}\nA: 1`]), 400],
    ['a bare carriage return', request([LINE, `${HOST}\rA: 1`]), 400],
    ['a NUL', request([LINE, `${HOST}\0`]), 400],
    ['both lengths', request([LINE, HOST, CHUNKED, 'Content-Length: 0'], '0\r\n\r\n'), 400],
    ['two lengths', request([LINE, HOST, 'Content-Length: 0', 'Content-Length: 0']), 400],
    ['a negative length', request([LINE, HOST, 'Content-Length: -1']), 400],
    ['a signed length', request([LINE, HOST, 'Content-Length: +1']), 400],
    ['a length list', request([LINE, HOST, 'Content-Length: 1, 1']), 400],
    ['a hexadecimal length', request([LINE, HOST, 'Content-Length: 0x1']), 400],
    ['another coding', request([LINE, HOST, 'Transfer-Encoding: gzip']), 501],
    ['two codings', request([LINE, HOST, 'Transfer-Encoding: gzip, chunked']), 501],
    ['the coding twice', request([LINE, HOST, CHUNKED, CHUNKED]), 501],
    ['a chunk extension', request([LINE, HOST, CHUNKED], '1;x=y\r\na\r\n0\r\n\r\n'), 400],
    ['no chunk size', request([LINE, HOST, CHUNKED], '\r\n'), 400],
    ['a signed chunk size', request([LINE, HOST, CHUNKED], '-1\r\n'), 400],
    ['an endless chunk size', request([LINE, HOST, CHUNKED], '000000000'), 400],
    ['a chunk longer than its size', request([LINE, HOST, CHUNKED], '1\r\nabc\r\n'), 400],
    ['a trailer', request([LINE, HOST, CHUNKED], '0\r\nA: 1\r\n\r\n'), 400],
    ['a body too large', request([LINE, HOST, `Content-Length: ${MAX_BODY_BYTES + 1}`]), 413],
    ['a chunk too large', request([LINE, HOST, CHUNKED], 'ffffffff\r\n'), 413],
    ['a head too large', request([LINE, HOST, `A: ${'a'.repeat(MAX_HEAD_BYTES)}`]), 431],
    ['a head without an end', Buffer.alloc(MAX_HEAD_BYTES + 1, 'a'), 431],
  ])('%s', (_, bytes, status) => {
    expect(statusOf(bytes)).toBe(status)
  })
})

it('any bytes end in a request, a refusal or a wait', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      LINE,
      HOST,
      CHUNKED,
      'Content-Length: 3',
      '\r\n',
      '\r\n\r\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1')
      const result = statusOf(bytes) === undefined ? parseRawRequest(bytes) : undefined
      if (result !== undefined) expect(result.length).toBeLessThanOrEqual(bytes.length)
    }),
    { numRuns: 1000 },
  )
})

it('a request is the same however it is cut off and continued', () => {
  const whole = request([LINE, HOST, CHUNKED], '5\r\nhello\r\n3\r\n...\r\n0\r\n\r\n')
  for (let length = 0; length < whole.length; length += 1) {
    expect(parseRawRequest(whole.subarray(0, length))).toBeUndefined()
  }
  expect(parseRawRequest(whole)?.length).toBe(whole.length)
})
