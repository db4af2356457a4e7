import { expect, it } from 'vitest'
import { buildPaths } from '../../../src/emulator/pkix/build-paths.ts'
import type { Certificate } from '../../../src/emulator/pkix/certificate.ts'

/** Enough of a certificate for the search, with a count of the signatures that were computed. */
function named(name: string, issuer: string, counted: { signatures: number }): Certificate {
  return {
    der: Buffer.from(`${name} ${issuer} ${serial++}`),
    subject: name,
    issuer,
    subjectName: [name],
    issuerName: [issuer],
    isSignedBy() {
      counted.signatures += 1
      return true
    },
  } as unknown as Certificate
}

let serial = 0

it('certificates that all sign each other cost one signature for each pair', () => {
  const counted = { signatures: 0 }
  const equals = Array.from({ length: 5 }, () => named('Equal', 'Equal', counted))
  const found = buildPaths(named('leaf', 'Equal', counted), equals, [])
  expect(found).toMatchObject({ paths: [], givenUp: false })
  expect(counted.signatures).toBeLessThanOrEqual(5 + 5 * 4)
})

it('more of them than a client may send are given up after a number of steps', () => {
  const counted = { signatures: 0 }
  const equals = Array.from({ length: 12 }, () => named('Equal', 'Equal', counted))
  expect(buildPaths(named('leaf', 'Equal', counted), equals, [])).toMatchObject({ givenUp: true })
  expect(counted.signatures).toBeLessThanOrEqual(12 + 12 * 11)
})

it('every way to an anchor is found, in whatever order the chain comes', () => {
  const counted = { signatures: 0 }
  const [root, old, renewed] = [
    named('Root', 'Root', counted),
    named('CA', 'Root', counted),
    named('CA', 'Root', counted),
  ]
  const leaf = named('leaf', 'CA', counted)
  const { paths } = buildPaths(leaf, [renewed, root, leaf, old], [root])
  expect(paths).toEqual([
    [leaf, renewed, root],
    [leaf, old, root],
  ])
})
