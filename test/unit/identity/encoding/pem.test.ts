import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../../src/core/errors.ts'
import { decodeBlocks } from '../../../../src/identity/encoding/decode-blocks.ts'
import { decodeBase64, parsePem } from '../../../../src/identity/encoding/pem.ts'
import { expectNoSecrets } from '../recording-ports.ts'

const BODY = Buffer.from('the body of the block, which may be a key').toString('base64')
const block = (label: string, body = BODY): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`

function refusal(text: string): RolesAnywhereError {
  try {
    parsePem(text, 'f.pem')
  } catch (error) {
    if (error instanceof RolesAnywhereError) return error
    throw error
  }
  return expect.fail('expected a refusal')
}

describe('parsePem', () => {
  it('reads several blocks with text before, between and after them', () => {
    const text = `Bag Attributes: none\n${block('A KEY')}subject=CN = x\n${block('B')}the end`
    expect(parsePem(text, 'f').map(({ label }) => label)).toEqual(['A KEY', 'B'])
    expect(parsePem('no block here', 'f')).toEqual([])
  })

  it('takes every kind of line end, blanks at line ends, and indented blocks', () => {
    const plain = block('A')
    const forms = [
      plain.replaceAll('\n', '\r\n'),
      plain.replaceAll('\n', '\r'),
      plain.replaceAll('\n', ' \t\n'),
      plain.replaceAll(/^/gmu, '    '),
      plain.trimEnd(),
      block('A', BODY.replaceAll(/.{7}/gu, '$&\n')),
    ]
    for (const form of forms) expect(parsePem(form, 'f')[0]?.bytes.toString('base64')).toBe(BODY)
  })

  it('keeps headers, with their continuation lines', () => {
    const headers = 'Proc-Type: 4,ENCRYPTED\nX-Long: one\n two\nDEK-Info: AES-128-CBC,00'
    const [read] = parsePem(block('RSA PRIVATE KEY', `${headers}\n\n${BODY}`), 'f')
    expect(read?.headers).toEqual([
      { name: 'Proc-Type', value: '4,ENCRYPTED' },
      { name: 'X-Long', value: 'onetwo' },
      { name: 'DEK-Info', value: 'AES-128-CBC,00' },
    ])
    expect(read?.bytes.toString('base64')).toBe(BODY)
  })

  it.each([
    ['no END line', `-----BEGIN A-----\n${BODY}\n`, 1, 'has no END line'],
    ['a block in a block', `x\n-----BEGIN A-----\n${BODY}\n${block('B')}`, 2, 'has no END line'],
    ['another label at the end', block('A').replace('END A', 'END B'), 3, 'does not match'],
    ['an empty body', block('A', ''), 1, 'is not base64'],
    ['a letter outside base64', block('A', `${BODY.slice(0, -1)}*`), 1, 'is not base64'],
    ['padding in the middle', block('A', `QQ==${BODY}`), 1, 'is not base64'],
    ['base64 cut off', block('A', BODY.slice(0, -1)), 1, 'is not base64'],
    // Two texts must not be one key: the unused bits of the last letter have to be zero.
    ['padding bits that are not zero', block('A', 'QR=='), 1, 'is not base64'],
    ['headers without an empty line', block('A', `X: y\n${BODY}`), 1, 'no empty line'],
    ['everything on one line', block('A').replaceAll('\n', ' '), 1, 'more than a label'],
    ['too many blocks', block('A').repeat(513), 1539, 'more than 512 blocks'],
  ])('refuses %s', (_, text, line, problem) => {
    const error = refusal(text)
    expect(error.code).toBe('ERR_CONFIG_PEM_INVALID')
    expect(error.message).toContain(problem)
    expect(error.detail).toEqual({ line })
    expectNoSecrets(error, [BODY.slice(0, 24)])
  })
})

describe('decodeBase64', () => {
  it('is canonical', () => {
    expect(decodeBase64('QUJD')?.toString()).toBe('ABC')
    for (const text of ['', 'QQ', 'QQ=', 'QR==', 'QQ-_', 'QQ==\n', ' QUJD']) {
      expect(decodeBase64(text)).toBeUndefined()
    }
  })
})

describe('decodeBlocks', () => {
  const labels = (bytes: Buffer): string[] =>
    decodeBlocks({ name: 'f', bytes }).map(({ label }) => label)

  it('knows PEM, PEM behind a byte order mark, DER, and either of them in base64', () => {
    const pem = Buffer.from(block('A'))
    const der = Buffer.from('30820102', 'hex')
    expect(labels(pem)).toEqual(['A'])
    expect(labels(Buffer.concat([Buffer.from('efbbbf', 'hex'), pem]))).toEqual(['A'])
    expect(labels(der)).toEqual(['DER'])
    expect(labels(Buffer.from(pem.toString('base64')))).toEqual(['A'])
    expect(labels(Buffer.from(`${der.toString('base64')}\n`))).toEqual(['DER'])
  })

  it.each([
    ['', 'is empty'],
    ['fffe2d002d00', 'is UTF-16 text'],
    ['feff002d002d', 'is UTF-16 text'],
    ['68656c6c6f', 'is neither PEM nor DER'],
    [Buffer.from('aGVsbG8=').toString('hex'), 'is neither PEM nor DER'],
  ])('refuses %s', (hex, problem) => {
    expect(() => labels(Buffer.from(hex, 'hex'))).toThrow(problem)
  })
})
