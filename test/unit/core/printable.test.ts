import { describe, expect, it } from 'vitest'
import { printable, quoted } from '../../../src/core/printable.ts'

describe('printable', () => {
  it.each([
    ['a\r\nb\0c', 'a b c'],
    ['\x1b[31mred\x1b[0m', '[31mred [0m'],
    ['a\u202eb\u200bc\u2028d\u0085e', 'a b c d e'],
    ['  grüße  ', 'grüße'],
    ['half \ud800', 'half'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(printable(text, 100)).toBe(expected)
  })

  it('cuts long text and says so, within its limit', () => {
    expect(printable('abcdef', 6)).toBe('abcdef')
    expect(printable('abcdefg', 6)).toBe('abcde…')
    expect(printable('😀😀😀😀', 6).isWellFormed()).toBe(true)
    expect(printable('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(printable(`a${' '.repeat(1_000_000)}b`, 10)).toBe('a…')
  })

  it('quotes', () => {
    expect(quoted('a\nb')).toBe('"a b"')
  })
})
