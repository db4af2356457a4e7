/**
 * Makes a folder and those above it that are missing.
 *
 * @module
 */

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from './errno.ts'

/**
 * One level at a time: where nothing can be made (/proc), the recursive form of Node never comes back.
 *
 * @throws the file system's own error.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (dirname(path) !== path) makeFolder(dirname(path), mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    // Another process made it meanwhile. A file or a dangling link in its place fails later, by its own reason.
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}
