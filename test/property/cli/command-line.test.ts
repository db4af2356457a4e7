/**
 * Two ways lead from argv to a command: the quick one must never take a line for another than the one
 * that knows everything.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMAND_NAMES } from '../../../src/cli/commands.ts'
import { readFully, readPlainly } from '../../../src/cli/program.ts'
import { flagOf } from '../../../src/settings/setting-row.ts'
import { SETTINGS_TABLE } from '../../../src/settings/settings-table.ts'

const FLAGS = [...new Set(SETTINGS_TABLE.map(flagOf))]
const command = fc.constantFrom(
  ...COMMAND_NAMES.flatMap((name) => [name.split(' '), [name]]),
  ...[['cache'], ['help'], ['nonsense'], []],
)
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...FLAGS) },
  fc.constantFrom(
    'x',
    '',
    'true',
    '-',
    '--debug=false',
    '-h',
    '--help',
    '-V',
    '-certificate',
    'a b',
  ),
  fc
    .tuple(fc.constantFrom(...FLAGS), fc.constantFrom('', 'x', '--debug', '-x', 'a=b', ' '))
    .map(([flag, value]) => `${flag}=${value}`),
)
const operands = fc.constantFrom([], ['ls'], ['--debug'])

describe('the quick way through a command line', () => {
  it('gives what the full one gives, wherever it gives anything', () => {
    let quick = 0
    fc.assert(
      fc.property(command, fc.array(word, { maxLength: 5 }), operands, (path, words, behind) => {
        const line = readPlainly([...path, ...words], behind)
        if (line === undefined) return
        quick += 1
        expect(readFully([...path, ...words], behind)).toEqual(line)
      }),
      { numRuns: 3000 },
    )
    expect(quick).toBeGreaterThan(100)
  })
})
