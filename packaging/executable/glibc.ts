/**
 * Refuses a binary that would not load on the oldest system that Node runs on.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'

/**
 * Reads the versions of glibc's symbols that the file needs, with `objdump -T` (Debian: binutils).
 *
 * @throws {Error} when one of them is newer than `limit`.
 */
export function checkGlibc(file: string, limit: string): void {
  const symbols = execFileSync('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const needed = [...symbols.matchAll(/\(?GLIBC_(\d+\.\d+)[\d.]*\)?/g)].map(
    ([, version = '']) => version,
  )
  const tooNew = needed.filter((version) => isNewer(version, limit))
  if (tooNew.length > 0) {
    throw new Error(`${file} needs GLIBC_${String(tooNew[0])}, and ${limit} is the limit`)
  }
}

function isNewer(version: string, limit: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [limitMajor = 0, limitMinor = 0] = limit.split('.').map(Number)
  return major > limitMajor || (major === limitMajor && minor > limitMinor)
}
