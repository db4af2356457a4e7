/**
 * Looks for a program as a shell does, before anything is done for it.
 *
 * @see POSIX.1-2024, Shell Command Language 2.9.1.4, "Command Search and Execution": 127 and 126
 * @module
 */

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { errnoOf } from './errno.ts'

export type ProgramState = 'found' | 'missing' | 'not executable'

/** Where programs are when PATH is not set. */
const DEFAULT_PATH = '/usr/bin:/bin'

/** @param path - as in PATH; an empty folder name is the current one */
export function findProgram(name: string, path: string = DEFAULT_PATH): ProgramState {
  if (name === '') return 'missing'
  if (name.includes('/')) return stateOf(name)
  const states = path.split(delimiter).map((folder) => stateOf(join(folder, name)))
  if (states.includes('found')) return 'found'
  return states.includes('not executable') ? 'not executable' : 'missing'
}

function stateOf(path: string): ProgramState {
  try {
    const stats = statSync(path)
    if (stats.isFile()) accessSync(path, constants.X_OK)
    return stats.isFile() ? 'found' : 'not executable'
  } catch (error) {
    const code = errnoOf(error)
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'not executable'
  }
}
