/**
 * What npm installs is what was locked: each package by the sum of its bytes, from whatever registry the
 * machine uses.
 *
 * npm leaves sums out without a word, for instance when it makes the file from an installed tree.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const LOCK_FILE = join(import.meta.dirname, '../../package-lock.json')

it('the lock file has the sum of every package, and no address', () => {
  const { packages } = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as {
    packages: Record<string, { readonly integrity?: string; readonly resolved?: string }>
  }
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  expect(installed.length).toBeGreaterThan(100)
  const wrong = installed.filter(
    ([, { integrity, resolved }]) =>
      integrity?.startsWith('sha512-') !== true || resolved !== undefined,
  )
  expect(wrong.map(([path]) => path)).toEqual([])
})
