/**
 * Puts a pinentry on PATH that does as it is told, and writes down what it was asked; see
 * pinentry-program.ts.
 *
 * @module
 */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const PROGRAM = join(import.meta.dirname, 'pinentry-program.ts')

export interface ScriptedPinentry {
  /**
   * @param script - its reaction to GETPIN, one for each time that it is asked and the last for all further
   *   ones: `answer TEXT`, `refuse CODE TEXT`, `garbage TEXT`, `silence` or `leave`
   */
  env(...script: readonly string[]): Readonly<Record<string, string>>
  /** Every line that it was sent, by all that started it; `overlap` where two windows were open at once. */
  heard(): readonly string[]
}

/** @param folder - for the program and its log */
export function scriptedPinentry(folder: string): ScriptedPinentry {
  const bin = join(folder, 'bin')
  const log = join(folder, 'heard')
  mkdirSync(bin)
  const program = join(bin, 'pinentry')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}'\n`)
  chmodSync(program, 0o755)
  writeFileSync(log, '')
  return {
    env: (...script) => ({
      PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
      LOG: log,
      SCRIPT: script.join('\n'),
    }),
    heard: () => readFileSync(log, 'utf8').split('\n').slice(0, -1),
  }
}
