import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findProgram } from '../../../src/machine/find-program.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-program-'))
  for (const name of ['a', 'b']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'a/plain'), '', { mode: 0o600 })
  writeFileSync(join(folder, 'b/runs'), '', { mode: 0o700 })
  writeFileSync(join(folder, 'b/plain'), '', { mode: 0o700 })
  mkdirSync(join(folder, 'a/runs'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

it.each([
  ['runs', ['b'], 'found'],
  ['runs', ['a', 'b'], 'found'],
  ['plain', ['a', 'b'], 'found'],
  ['plain', ['a'], 'not executable'],
  ['runs', ['a'], 'not executable'],
  ['gone', ['a', 'b', 'no-such-folder'], 'missing'],
  ['', ['a'], 'missing'],
])('%j in the folders %j is %s', (name, folders, state) => {
  const path = folders.map((one) => join(folder, one)).join(':')
  expect(findProgram(name, path)).toBe(state)
})

it('with a slash is no matter of PATH', () => {
  expect(findProgram(join(folder, 'b/runs'), '')).toBe('found')
  expect(findProgram(join(folder, 'a/plain'), '')).toBe('not executable')
  expect(findProgram(join(folder, 'a/plain/x'), '')).toBe('missing')
  expect(findProgram(join(folder, 'a'), '')).toBe('not executable')
})

it('is looked for in the usual folders when PATH is not set', () => {
  expect(findProgram('sh', undefined)).toBe('found')
})
