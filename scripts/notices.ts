/**
 * Which packages are inside a bundle, and their licence texts, as their licences ask.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package of others that is part of what is handed out. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly license: string
  /** The licence's own words. */
  readonly text: string
}

/** The packages that these modules belong to, by name. */
export function bundledPackages(modulePaths: readonly string[]): readonly BundledPackage[] {
  const folders = new Set<string>()
  for (const path of modulePaths) {
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)
    if (match?.[1] !== undefined) folders.add(match[1])
  }
  return [...folders].sort().map(packageIn)
}

/** @throws {Error} when the package's folder holds no licence. */
export function packageIn(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Omit<BundledPackage, 'text'>
  const file = LICENCE_FILES.map((known) => join(folder, known)).find((path) => existsSync(path))
  if (file === undefined) throw new Error(`a bundled package without a licence file: ${folder}`)
  return { name, version, license, text: readFileSync(file, 'utf8').trim() }
}

const LICENCE_FILES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT', 'license']

/** One text for all of them. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  return packages
    .map(({ name, version, license, text }) => {
      const heading = `${name} ${version} (${license})`
      return `${heading}\n${'-'.repeat(heading.length)}\n${text}\n`
    })
    .join('\n')
}
