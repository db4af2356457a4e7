/**
 * Every block of README.md and docs/ that is shell is run as it stands, or says why not.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { hasSoftToken } from '../support/soft-token.ts'
import { allBlocks, blocksOf, flawOf, ROOT, RUN_ELSEWHERE } from './blocks.ts'
import { openPlace, WRITES_PROFILE, type DocumentPlace } from './place.ts'

const BLOCKS = allBlocks()
const RUN = BLOCKS.filter(
  ({ document, language, reason }) =>
    language === 'sh' && reason === undefined && !(document in RUN_ELSEWHERE),
)
const hasTools = ['openssl', 'aws', 'bash', 'setsid'].every(hasProgram)
const NEEDS_TOKEN = /pkcs11|softhsm2/u

describe('every block', () => {
  it('is run, or says why not', () => {
    const flaws = BLOCKS.flatMap((block) => {
      const flaw = flawOf(block)
      return flaw === undefined ? [] : [`${block.place}: ${flaw}`]
    })
    expect(flaws).toEqual([])
    expect(RUN.length).toBeGreaterThan(8)
  })

  it.each(Object.entries(RUN_ELSEWHERE))('of %s is run by %s', (document, test) => {
    expect(readFileSync(join(ROOT, test), 'utf8')).toContain(document)
  })

  it.each([
    ['```\nrolesanywhere version\n```\n', 'say what it is'],
    ['```text\nrolesanywhere version\n```\n', 'tag it sh'],
    ['```sh\nrolesanywhere exec …\n```\n', 'cannot be run'],
    ['<!-- not run: no -->\n\n```sh\nreboot\n```\n', 'too short'],
  ])('%j has a flaw', (text, flaw) => {
    expect(blocksOf('x.md', text).map(flawOf)).toEqual([expect.stringContaining(flaw)])
  })

  it('has the reason that stands right before it', () => {
    const text = '<!-- not run: it needs an account -->\n\n```sh\na\n```\n\n```sh\nb\n```\n'
    expect(blocksOf('x.md', text).map(({ place, reason }) => [place, reason])).toEqual([
      ['x.md:3', 'it needs an account'],
      ['x.md:7', undefined],
    ])
  })
})

describe.skipIf(!hasTools)('as it stands', { timeout: 120_000 }, () => {
  let place: DocumentPlace

  beforeAll(async () => {
    place = await openPlace()
  })

  afterAll(async () => {
    await place[Symbol.asyncDispose]()
  })

  for (const { place: where, text } of RUN) {
    it.skipIf(NEEDS_TOKEN.test(text) && !hasSoftToken)(`${where} works`, async () => {
      const { stdout, seconds } = await place.run(text)
      if (text.includes('get-caller-identity')) expect(stdout).toMatch(IDENTITY)
      if (text.includes('credential-process')) expect(stdout).toContain('"SessionToken"')
      if (!WRITES_PROFILE.test(text)) return
      // The stopwatch: what a person waits for, from nothing to the first call.
      process.stdout.write(
        `${where}: ${seconds.toFixed(1)} s from an empty home to the first call\n`,
      )
    })
  }
})

const IDENTITY = /"Arn": "arn:aws:sts::111122223333:assumed-role\//u
