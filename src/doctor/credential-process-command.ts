/**
 * What is wrong with the command of a profile's `credential_process`, as the SDKs run it.
 *
 * Some start a shell, some split the line themselves: what only a shell understands works here and not
 * there.
 *
 * @see user-pain rows 31 and 33
 * @module
 */

import { existsSync } from 'node:fs'
import { quoted } from '../core/printable.ts'
import { says, setting, type Wording } from '../core/wording.ts'
import { findProgram } from '../machine/find-program.ts'
import { flagFor } from '../settings/name-setting.ts'

export interface CommandFlaw {
  readonly found: string
  readonly next: Wording
}

export interface CommandFacts {
  /** The name of the profile that the command stands in. */
  readonly profile: string
  readonly path: string | undefined
}

export function flawsOfCommand(
  command: string,
  { profile, path }: CommandFacts,
): readonly CommandFlaw[] {
  const words = wordsOf(command)
  const [program = ''] = words
  const named = valueOf(flagFor(setting('profile')), words)
  const flaws: CommandFlaw[] = []
  if (words.some((word) => /^~|\$/u.test(word))) {
    flaws.push({ found: '~ and $ are not expanded by most SDKs', next: 'write paths in full' })
  }
  if (words.includes('\\') || command.includes('\n')) {
    flaws.push({
      found: 'the command goes over several lines',
      next: 'write it on one line; rolesanywhere_* keys of the profile keep it short',
    })
  }
  if (/^[^~$]*$/u.test(program) && program !== '\\') {
    const isRelative = program.includes('/') && !program.startsWith('/')
    const state = isRelative ? 'found' : findProgram(program, path)
    if (isRelative) {
      flaws.push({
        found: `the path ${quoted(program)} depends on where the program runs`,
        next: 'write it absolute',
      })
    } else if (state !== 'found') {
      flaws.push({
        found: `the program ${quoted(program)} is ${state}`,
        next: 'give its whole path; "command -v rolesanywhere" tells it',
      })
    }
  }
  // What `update` and `serve` keep for `credential_process = cat FILE`.
  const kept = /(?:^|\/)cat$/u.test(program) ? words[1] : undefined
  if (kept !== undefined && !existsSync(kept)) {
    flaws.push({
      found: `${quoted(kept)} is not there`,
      next: 'start the service that keeps it: rolesanywhere update, or serve',
    })
  }
  if (named !== undefined && named !== profile) {
    flaws.push({
      found: `it takes the settings of profile ${quoted(named)}, and stands in ${quoted(profile)}`,
      next: says`write ${setting('profile', profile)} there, if its own settings are meant`,
    })
  }
  return flaws
}

/** As a shell splits simple lines: by blanks, with quotes taken off. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|\S+/gu)].map(
    ([whole, double, single]) => double ?? single ?? whole,
  )
}

function valueOf(flag: string, words: readonly string[]): string | undefined {
  const at = words.indexOf(flag)
  if (at !== -1) return words[at + 1]
  return words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)
}
