/**
 * The table of AWS config files against botocore: where the two read a file alike, the table is more
 * than our own opinion; where they do not, the table says so.
 */

import { beforeAll, describe, expect, it } from 'vitest'
import { hasPythonModule, PYTHON } from '../support/capabilities.ts'
import { AWS_CONFIG_CASES } from '../support/foreign-data/aws-config-cases.ts'
import { Workshop } from '../support/foreign-data/workshop.ts'

const SCRIPT = new URL('../support/foreign-data/aws_config.py', import.meta.url).pathname
const hasBotocore = hasPythonModule('botocore')
let answers: readonly (object | null)[]

beforeAll(() => {
  if (!hasBotocore) return
  using shop = new Workshop()
  const input = JSON.stringify(AWS_CONFIG_CASES)
  answers = JSON.parse(shop.run(PYTHON, [SCRIPT], { input }).toString()) as typeof answers
})

describe.skipIf(!hasBotocore)('the table of AWS config files and botocore', () => {
  it.each(AWS_CONFIG_CASES.map((one, index) => ({ ...one, index })))(
    '$name',
    ({ index, profiles, botocore }) => {
      const theirs = answers[index]
      if (botocore === undefined) expect(theirs).toEqual(profiles ?? null)
      else expect(theirs).not.toEqual(profiles ?? null)
    },
  )
})
