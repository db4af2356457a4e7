/**
 * Code that Node compiled and kept is run as ours, so it must come from no folder that another user
 * can write to.
 *
 * @module
 */

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const NOBODY = 65_534

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rolesanywhere-home-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const codeFolder = (): string => join(home, '.cache/rolesanywhere/code')

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { exitCode, stderr } = await runCli(['version'], { env: { HOME: home, ...env } })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
}

describe('the folder of compiled code', () => {
  it('is private, in the home folder', async () => {
    await start()
    expect(readdirSync(codeFolder())).toHaveLength(1)
    expect(statSync(codeFolder()).mode & 0o777).toBe(0o700)
  })

  it('is never in a folder for everybody, whoever made it there first', async () => {
    const shared = join(home, 'shared')
    const planted = join(shared, 'node-compile-cache')
    mkdirSync(planted, { recursive: true })
    for (const folder of [shared, planted]) chmodSync(folder, 0o777)
    await start({ TMPDIR: shared })
    expect(readdirSync(planted)).toEqual([])
  })

  it.each([
    ['the home folder', '.', 0o777],
    ['a folder on the way', '.cache', 0o777],
    ['the folder itself', '.cache/rolesanywhere/code', 0o1777],
  ])('is not used when others can write to %s', async (_name, path, mode) => {
    const open = join(home, path)
    mkdirSync(open, { recursive: true })
    chmodSync(open, mode)
    await start()
    expect(existsSync(codeFolder()) ? readdirSync(codeFolder()) : []).toEqual([])
  })

  it('is not used through a link to a folder of everybody', async () => {
    const shared = join(home, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    symlinkSync(shared, join(home, '.cache'))
    await start()
    const target = join(shared, 'rolesanywhere/code')
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([])
  })

  it.skipIf(process.getuid?.() !== 0)('is not used in the home of another user', async () => {
    chownSync(home, NOBODY, NOBODY)
    await start()
    expect(readdirSync(home)).toEqual([])
  })

  it.each([['/nonexistent'], ['/proc'], ['']])('is not needed: HOME=%j', async (nowhere) => {
    await start({ HOME: nowhere })
    expect(existsSync('/nonexistent')).toBe(false)
  })
})
