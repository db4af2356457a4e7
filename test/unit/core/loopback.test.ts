import { expect, it } from 'vitest'
import { isLoopback } from '../../../src/core/loopback.ts'

it.each([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['::FFFF:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['a.localhost', true],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::ffff:128.0.0.1', false],
  ['::ffff:8000:1', false],
  ['::2', false],
  ['', false],
  ['127.0.0.256', false],
  ['127.1', false],
  ['0177.0.0.1', false],
  ['localhost.', false],
  ['localhost.example', false],
  ['notlocalhost', false],
  ['127.0.0.1.example', false],
  ['127.0.0.1:80', false],
])('%j: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
