import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ContainerToken } from '../../../../src/outputs/endpoint/container-token.ts'

const uid = process.getuid?.() ?? 0
let folder: string
let path: string
const warnings: string[] = []
const reporter = { warn: (message: string) => warnings.push(message), debug: () => undefined }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-token-'))
  path = join(folder, 'run', 'default.token')
  warnings.length = 0
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const put = (text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

test('a missing file is made with mode 0600 and 256 random bits, without a line end', () => {
  const token = ContainerToken.inFile(path, uid, reporter)
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(token.accepts(text, 0)).toBe(true)
  expect(token.accepts(`${text}\n`, 0)).toBe(false)
  expect(token.accepts('', 0)).toBe(false)
})

test('a file that is there is used, and survives a restart', () => {
  ContainerToken.inFile(path, uid, reporter)
  const before = readFileSync(path, 'utf8')
  expect(ContainerToken.inFile(path, uid, reporter).accepts(before, 0)).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe(before)
})

test('a replaced file rotates the token; the old one is good for a minute more', () => {
  const token = ContainerToken.inFile(path, uid, reporter)
  const first = readFileSync(path, 'utf8')
  expect(token.accepts(first, 0)).toBe(true)
  put('second-token-of-the-file\n')
  expect(token.accepts('second-token-of-the-file', 2_000)).toBe(true)
  expect(token.accepts(first, 61_000)).toBe(true)
  expect(token.accepts(first, 63_000)).toBe(false)
  expect(token.accepts('second-token-of-the-file', 63_000)).toBe(true)
})

test.each(['', 'short', 'with a blank inside it', 'größe-größe-größe-größe'])(
  'while the file holds %j the token at hand goes on, and a start is refused',
  (text) => {
    const token = ContainerToken.inFile(path, uid, reporter)
    const first = readFileSync(path, 'utf8')
    put(text)
    expect(token.accepts(first, 5_000)).toBe(true)
    expect(token.accepts(text, 5_000)).toBe(false)
    expect(() => ContainerToken.inFile(path, uid, reporter)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_SECRET_UNAVAILABLE' }) as Error,
    )
  },
)

test('a file that everybody may read is warned about', () => {
  ContainerToken.inFile(path, uid, reporter)
  chmodSync(path, 0o644)
  ContainerToken.inFile(path, uid, reporter)
  expect(warnings.join()).toContain('everybody')
})

test.skipIf(uid !== 0)('the file of another user is refused, at the start and later', () => {
  const token = ContainerToken.inFile(path, uid, reporter)
  const own = readFileSync(path, 'utf8')
  put('a-token-that-its-owner-knows')
  chownSync(path, 65_534, 65_534)
  expect(token.accepts('a-token-that-its-owner-knows', 5_000)).toBe(false)
  expect(token.accepts(own, 5_000)).toBe(true)
  expect(() => ContainerToken.inFile(path, uid, reporter)).toThrow(/belongs to user 65534/)
})
