/**
 * Broken set-ups, each found by the real command under the id of its check. They are written from what
 * users complain about (the row's number stands with them) and not from the doctor's code.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERROR_FAMILIES } from '../../src/core/errors.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { BROKEN_IDENTITIES } from '../support/doctor/identity.ts'
import { BROKEN_ONLINE } from '../support/doctor/online.ts'
import { Place, type SetUp } from '../support/doctor/place.ts'
import { BROKEN_SETTINGS } from '../support/doctor/settings.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

const ALL = [
  { where: 'settings and ARNs', setUps: BROKEN_SETTINGS },
  { where: 'certificate, key and chain', setUps: BROKEN_IDENTITIES },
  { where: 'network and AWS', setUps: BROKEN_ONLINE },
]

describe.each(ALL)('broken $where', ({ where, setUps }) => {
  it.each(setUps.map((setUp, index) => ({ ...setUp, index })))(
    '$id: $what',
    async (setUp: SetUp & { readonly index: number }) => {
      const place = new Place(stage, `${where.replaceAll(/\W+/gu, '-')}-${setUp.index}`)
      const report = await place.examine(await setUp.prepare(place))
      const finding = report.checks.find(({ id }) => id === setUp.id)
      expect(`${finding?.status ?? ''}: ${finding?.found ?? ''}`).toMatch(
        new RegExp(`^${setUp.status}: `, 'u'),
      )
      expect(`${finding?.found ?? ''}\n${finding?.next ?? ''}`).toMatch(setUp.says ?? /./u)
      expect(finding?.next ?? '').not.toBe('')
      expect(report.code).toBe(report.exitCode)
      const problems = report.checks.filter(({ status }) => status === 'problem')
      const codes = problems.map(
        ({ family }) => ERROR_FAMILIES[family as keyof typeof ERROR_FAMILIES].exitCode,
      )
      expect(report.exitCode).toBe(codes.length === 0 ? 0 : Math.min(...codes))
    },
  )
})

it('are as many as promised', () => {
  const setUps = ALL.flatMap((one) => one.setUps)
  const rows = new Set(setUps.flatMap(({ pain }) => pain ?? []))
  expect(setUps.length).toBeGreaterThanOrEqual(40)
  expect(rows.size).toBeGreaterThanOrEqual(20)
})
