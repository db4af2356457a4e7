/**
 * Whatever a command waits for, it ends when it is told to, with nothing on stdout.
 *
 * How soon is measured by `npm run test:faults` (row S1), since this machine may be busy.
 */

import { describe, expect, it } from 'vitest'
import { WAITS, Waits } from '../support/waits.ts'

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s', (signal, exitCode) => {
  const possible = WAITS.filter(({ needs }) => needs === undefined)

  it.each(possible)('ends what waits for $what', async (wait) => {
    await using waits = await Waits.open()
    const { child, result } = await wait.begin(waits)
    child.kill(signal)
    const ended = await result
    expect(ended.stdout).toHaveLength(0)
    // Where no call can be taken back, the signal itself ends the process: a shell sees no difference.
    expect(ended.signal === signal ? exitCode : ended.exitCode).toBe(exitCode)
  })

  it.skip.each(WAITS.filter(({ needs }) => needs !== undefined))(
    '$what, needs $needs',
    () => undefined,
  )
})
