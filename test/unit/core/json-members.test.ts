import { describe, expect, it } from 'vitest'
import { MAX_JSON_BYTES, member, parseJson } from '../../../src/core/json-members.ts'

describe('parseJson', () => {
  it('takes a text of exactly 1 MiB, and none that is longer', () => {
    const padded = (length: number): Buffer => Buffer.from('1'.padEnd(length))
    expect(parseJson(padded(MAX_JSON_BYTES))).toBe(1)
    expect(parseJson(padded(MAX_JSON_BYTES + 1))).toBeUndefined()
  })
})

describe('member', () => {
  it('reads what the object itself has', () => {
    expect(member({ a: 1 }, 'a')).toBe(1)
    expect(member(JSON.parse('{"__proto__":1}'), '__proto__')).toBe(1)
  })

  it.each([{}, [], null, undefined, 'text', 5])('finds nothing that %j only inherits', (value) => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      expect(member(value, name)).toBeUndefined()
    }
  })
})
