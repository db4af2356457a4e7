import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const MODULE = join(import.meta.dirname, '../../../src/cli/small-heap.ts')

/** The most room for young objects in a process that makes many, in MiB, once the setting is made or not. */
function youngSpace(before: string): number {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepHeapSmall } from ${JSON.stringify(MODULE)}
    ${before}
    let most = 0
    let kept = []
    for (let index = 0; index < 1_500_000; index++) {
      kept.push({ index, list: [index] })
      if (kept.length <= 60_000) continue
      kept = []
      const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
      most = Math.max(most, young.space_size)
    }
    console.log(most / 1_048_576)`
  const args = ['--input-type=module', '--eval', program]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

it('room for young objects stays as it is, where it would grow', () => {
  // What the start of the process took already stays, and differs.
  expect(youngSpace('keepHeapSmall()')).toBeLessThan(youngSpace('') / 2)
})
