/**
 * The manual pages, as the two programs see them that people read manual pages with: mandoc finds no fault,
 * and man shows every command and every flag that help shows.
 *
 * @see mdoc(7), mandoc(1) "Lint Output", man(1)
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { EXECUTABLE } from '../support/run-cli.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = globSync(join(ROOT, 'dist/man/man*/*')).toSorted()

/** `cache list`, as help names it. */
const COMMANDS = [...help().matchAll(/^ {2}([a-z0-9-]+)(?: ([a-z|]+))? {2}/gmu)].flatMap(
  ([, first = '', second]) =>
    second === undefined ? [first] : second.split('|').map((word) => `${first} ${word}`),
)

describe('the manual pages', () => {
  it('are those of the program, of each command that help names, and of settings', () => {
    expect(COMMANDS.length).toBeGreaterThan(10)
    expect(PAGES.map((page) => basename(page)).toSorted()).toEqual(
      [
        ...['rolesanywhere.1', 'rolesanywhere-config.5'],
        ...COMMANDS.map((name) => `rolesanywhere-${name.replace(' ', '-')}.1`),
      ].toSorted(),
    )
  })

  it('have the date of the newest version in the changelog', () => {
    const [, year = '', month = '', day = ''] =
      /^## [\d.]+ \((\d+)-(\d+)-(\d+)\)$/mu.exec(
        readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'),
      ) ?? []
    const dates = PAGES.map((page) =>
      /^\.Dd (\w+) (\d+), (\d+)$/mu.exec(readFileSync(page, 'utf8')),
    )
    const months = dates.map((date) => new Date(`${date?.[1] ?? ''} 1, 2000`).getMonth() + 1)
    expect(new Set(months)).toEqual(new Set([Number(month)]))
    expect(new Set(dates.map((date) => Number(date?.[2])))).toEqual(new Set([Number(day)]))
    expect(new Set(dates.map((date) => date?.[3]))).toEqual(new Set([year]))
  })

  describe.skipIf(!hasProgram('mandoc'))('for mandoc', () => {
    it.each(PAGES.map((page) => [basename(page), page]))('%s has no fault', (_, page) => {
      const args = ['-T', 'lint', '-W', 'warning', page]
      const { status, stdout, stderr } = spawnSync('mandoc', args, { encoding: 'utf8' })
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
    })
  })

  describe.skipIf(!hasProgram('man'))('shown by man', () => {
    it.each(COMMANDS)('say of %s what it does, and each of its flags', (name) => {
      const text = shown(`man1/rolesanywhere-${name.replace(' ', '-')}.1`)
      const flags = [...text.matchAll(/^ +(--[a-z0-9-]+)/gmu)].map(([, flag]) => flag)
      const helped = [...help(name).matchAll(/^ {2}(--[a-z0-9-]+)/gmu)].map(([, flag]) => flag)
      expect(flags).toEqual(helped)
      expect(text).toMatch(
        new RegExp(`^NAME\\n +rolesanywhere-${name.replace(' ', '-')} . \\w`, 'mu'),
      )
      expect(text).toMatch(new RegExp(`^SYNOPSIS\\n +rolesanywhere ${name}`, 'mu'))
    })

    it('name every command on the first page', () => {
      const text = shown('man1/rolesanywhere.1')
      for (const name of COMMANDS) expect(text).toMatch(new RegExp(`^ +${name}(?: |$)`, 'mu'))
    })

    it('name every variable and every key of a profile', () => {
      const text = shown('man5/rolesanywhere-config.5')
      const documented = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8')
      const table = documented.slice(documented.indexOf('\n|'))
      const names = table.match(/\brolesanywhere_\w+|\b[A-Z]+(?:_[A-Z0-9]+)+\b/gu) ?? []
      expect(names.length).toBeGreaterThan(100)
      expect(names.filter((one) => !new RegExp(`\\b${one}\\b`, 'u').test(text))).toEqual([])
    })
  })
})

function help(command = ''): string {
  const words = command.split(' ').filter((word) => word !== '')
  return execFileSync(process.execPath, [EXECUTABLE, ...words, '--help'], { encoding: 'utf8' })
}

/** The page on lines so wide that none is broken; man says nothing else. */
function shown(page: string): string {
  const { status, stdout, stderr } = spawnSync(
    'man',
    ['--warnings=w', '--local-file', join(ROOT, 'dist/man', page)],
    { env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '2000' }, encoding: 'utf8' },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
