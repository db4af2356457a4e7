/**
 * What this machine can do for the tests. A missing capability skips a test and is listed at the end
 * of the run; under `npm run test:all` (ROLESANYWHERE_TEST_REQUIRE_ALL=1) it fails the run instead.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether `name` is an executable on PATH. */
export function hasProgram(name: string): boolean {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)))
  return demand(found, `the program ${name}`)
}

/** The interpreter of the distribution: its modules are not there for a newer one on PATH. */
export const PYTHON = '/usr/bin/python3'

const pythonModules = new Map<string, boolean>()

/** Whether the distribution's own Python has a module. */
export function hasPythonModule(name: string): boolean {
  let found = pythonModules.get(name)
  if (found === undefined) {
    found = spawnSync(PYTHON, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0
    pythonModules.set(name, found)
  }
  return demand(found, `the Python module ${name}`)
}

/** Reports a capability, insisting on it when the run allows no skip. */
export function demand(present: boolean, what: string): boolean {
  if (!present && process.env['ROLESANYWHERE_TEST_REQUIRE_ALL'] === '1') {
    throw new Error(`${what} is missing, and this run allows no skip`)
  }
  return present
}
