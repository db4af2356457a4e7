import { describe, expect, it } from 'vitest'
import { classifyConfigLine } from '../../../src/settings/aws-config-lines.ts'

describe('a line of a config file', () => {
  it.each([
    ['', { kind: 'blank' }],
    [' \t\r', { kind: 'blank' }],
    ['# x', { kind: 'comment' }],
    [';', { kind: 'comment' }],
    ['[a]', { kind: 'section', title: 'a' }],
    ['[ profile  a\t]\r', { kind: 'section', title: 'profile  a' }],
    ['[a];b', { kind: 'section', title: 'a' }],
    ['[]', { kind: 'section', title: '' }],
    ['[a#]', { kind: 'section', title: undefined }],
    [' # x', { kind: 'continuation', text: '# x' }],
    ['\t[a] ', { kind: 'continuation', text: '[a]' }],
    ['a=b', { kind: 'property', pair: { name: 'a', value: 'b' } }],
    ['A b = c=d # e', { kind: 'property', pair: { name: 'A b', value: 'c=d' } }],
    ['a = b#c\t;d', { kind: 'property', pair: { name: 'a', value: 'b#c' } }],
    ['=', { kind: 'property', pair: { name: '', value: '' } }],
    ['a #= b', { kind: 'property', pair: undefined }],
    ['a: b', { kind: 'property', pair: undefined }],
  ])('%j is seen for what it is', (line, expected) => {
    expect(classifyConfigLine(line)).toEqual(expected)
  })
})
