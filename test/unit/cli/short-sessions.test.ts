import { expect, it } from 'vitest'
import { warnOfShortSessions } from '../../../src/cli/short-sessions.ts'
import { inWords } from '../../../src/core/wording.ts'

const MINUTE = 60_000

function judge(...lifetimes: readonly number[]): readonly string[] {
  const said: string[] = []
  const told = warnOfShortSessions({
    warn: (message, { hint = '' } = {}) => void said.push(inWords(message), inWords(hint)),
    debug: () => undefined,
  })
  for (const lifetime of lifetimes) told(lifetime)
  return said
}

it('warns of sessions below 25 minutes, once, with what to ask for', () => {
  expect(judge(15 * MINUTE - 400, 15 * MINUTE)).toEqual([
    expect.stringMatching(/^sessions of 15 min are short for clients of the IMDS endpoint/),
    expect.stringContaining("durationSeconds: '1500'"),
  ])
})

it('has nothing to say about longer ones, though they lose a moment on the way', () => {
  expect(judge(25 * MINUTE - 400, 60 * MINUTE)).toEqual([])
})
