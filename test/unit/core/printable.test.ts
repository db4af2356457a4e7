import { describe, expect, it } from 'vitest'
import { jsonText, printable, quoted, visible } from '../../../src/core/printable.ts'

/** Escape and its 8-bit form, lines, a direction, a lone half, a private character, a tag. */
const HOSTILE = 'a\u001b[2J\u009b\r\n\u0085\u202e\u2028\ud800\ue000\u{e0041}b'

describe('visible', () => {
  it('puts a mark in the place of each character that could deceive, and changes no other', () => {
    expect(visible(HOSTILE)).toBe('a?[2J?????????b')
    expect(visible('  grüße, 日本 😀 ')).toBe('  grüße, 日本 😀 ')
  })
})

describe('jsonText', () => {
  it('shows nothing of the kind either, and loses nothing', () => {
    const text = jsonText({ [HOSTILE]: [HOSTILE] })
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(text)).toEqual({ [HOSTILE]: [HOSTILE] })
    expect(jsonText({ a: 1 }, (_name, value) => (value === 1 ? '\u202e' : value))).toBe(
      '{"a":"\\u202e"}',
    )
  })
})

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
